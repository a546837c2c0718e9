//! What can go wrong, and the way out.

use std::path::PathBuf;

/// Why a backup was not made, found or read. No text of it has a key in it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A store that cannot be understood.
    #[error(
        "the store {address:?} {reason}: name a bucket, `s3://bucket/prefix`, or a folder, `file:///backups`"
    )]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No key for the bucket.
    #[error(
        "{0} is not set: a bucket is reached by the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, at \
         AWS_ENDPOINT_URL (https://fra1.digitaloceanspaces.com, say) in AWS_REGION"
    )]
    Credentials(&'static str),
    /// The store does not do what it was asked.
    #[error("cannot {action} {store}: {reason}")]
    Store {
        /// A verb, and what it is about.
        action: String,
        /// The store's address.
        store: String,
        /// What it said.
        reason: String,
    },
    /// There is no such backup.
    #[error("{0}; `spindrift backup list` shows those that there are")]
    Missing(String),
    /// A text that is no recipient.
    #[error(
        "{0:?} is no recipient of age: it begins with `age1`, and `age-keygen` prints it as the public key"
    )]
    Recipient(String),
    /// Nobody could ever read it.
    #[error("no recipient is named: without one nobody could read the backup")]
    NoRecipient,
    /// A file that has no identity.
    #[error(
        "cannot read an identity from {path}: {reason}. It is the file that `age-keygen` wrote, with a line that \
         begins with AGE-SECRET-KEY-1",
        path = path.display()
    )]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// None of the identities is one that it was encrypted for.
    #[error(
        "{0} was encrypted for somebody else: no identity in the file is one of its recipients. Give the file with \
         the key that belongs to the recipient it was made for"
    )]
    WrongIdentity(String),
    /// What was read is not what was written.
    #[error(
        "{name} is damaged: {reason}. Take an older backup, and find out what changed this one; a bucket with \
         versions may have it as it was"
    )]
    Damaged {
        /// Its name.
        name: String,
        /// How it shows.
        reason: String,
    },
    /// The encryption failed.
    #[error("cannot encrypt the backup: {0}")]
    Encryption(String),
}

impl Error {
    /// Makes an [`Error::Store`] of what the store said; for `map_err`.
    pub(crate) fn store<A: Into<String>>(
        action: A,
        store: &str,
    ) -> impl FnOnce(object_store::Error) -> Self + use<A> {
        let (action, store) = (action.into(), store.to_owned());
        move |cause| Self::Store {
            action,
            store,
            reason: reason(&cause),
        }
    }
}

/// What a store said, with the way out where it is known.
fn reason(cause: &object_store::Error) -> String {
    use object_store::Error as Cause;
    let said = root(cause);
    // Listing tells a refusal from other errors by its text alone.
    let refused = ["401 Unauthorized", "403 Forbidden"]
        .iter()
        .any(|status| said.contains(status));
    match cause {
        Cause::NotFound { .. } => "there is no such bucket or object".to_owned(),
        Cause::Unauthenticated { .. } | Cause::PermissionDenied { .. } => not_allowed(&said),
        _ if refused => not_allowed(&said),
        _ => said,
    }
}

fn not_allowed(said: &str) -> String {
    format!("the key in AWS_ACCESS_KEY_ID may not do that there ({said})")
}

/// The innermost cause, in one line: around it are the names of types.
fn root(cause: &object_store::Error) -> String {
    let mut innermost: &dyn std::error::Error = cause;
    let mut said = innermost.to_string();
    while let Some(next) = innermost.source() {
        innermost = next;
        let text = innermost.to_string();
        if !text.is_empty() {
            said = text;
        }
    }
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}
