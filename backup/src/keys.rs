//! Whom a backup is encrypted for, and who can read it: keys of age.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use age::{Encryptor, Identity, IdentityFile, Recipient, x25519};

use crate::Error;

/// Whom a backup is encrypted for: each of them can read it alone. Public keys, which
/// anybody may see.
#[derive(Clone, Debug)]
pub struct Recipients(Vec<x25519::Recipient>);

impl Recipients {
    /// Reads recipients such as `age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p`.
    ///
    /// # Errors
    /// One of them is none, or there is none at all.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Error> {
        let recipient = |text: &T| {
            let text = text.as_ref().trim();
            let bad = |_| Error::Recipient(shown(text).to_owned());
            text.parse::<x25519::Recipient>().map_err(bad)
        };
        let recipients: Vec<_> = texts.iter().map(recipient).collect::<Result<_, _>>()?;
        if recipients.is_empty() {
            return Err(Error::NoRecipient);
        }
        Ok(Self(recipients))
    }

    /// What encrypts one file for them.
    pub(crate) fn encryptor(&self) -> Result<Encryptor, Error> {
        let recipients = self.0.iter().map(|recipient| recipient as &dyn Recipient);
        Encryptor::with_recipients(recipients).map_err(|cause| Error::Encryption(cause.to_string()))
    }
}

/// As much of what was given for a recipient as may be shown: it may be a secret key that
/// was put in its place.
fn shown(text: &str) -> &str {
    match text.strip_prefix("age1") {
        Some(_) => text,
        None => text.get(..4).unwrap_or(text),
    }
}

/// Who can read backups: the secret keys of a file.
pub struct Identities(Vec<Box<dyn Identity + Send + Sync>>);

impl Identities {
    /// Reads the file that `age-keygen` wrote.
    ///
    /// # Errors
    /// It cannot be read, or holds something else.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let bad = |reason: String| Error::Identity {
            path: path.to_owned(),
            reason,
        };
        let file = File::open(path).map_err(|cause| bad(cause.to_string()))?;
        // Its errors name lines, and repeat none of them.
        let identities = IdentityFile::from_buffer(BufReader::new(file))
            .map_err(|cause| bad(cause.to_string()))?
            .into_identities()
            .map_err(|cause| bad(cause.to_string()))?;
        if identities.is_empty() {
            return Err(bad("there is none in it".to_owned()));
        }
        Ok(Self(identities))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Identity> {
        self.0
            .iter()
            .map(|identity| identity.as_ref() as &dyn Identity)
    }
}

#[cfg(test)]
mod tests {
    use age::secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_no_recipient_is_refused_and_a_secret_is_not_repeated() {
        let identity = x25519::Identity::generate();
        let secret = identity.to_string().expose_secret().to_owned();
        let error = Recipients::parse(std::slice::from_ref(&secret))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("age-keygen") && !error.contains(&secret[5..]),
            "{error}"
        );
        let typo = identity.to_public().to_string().replace('q', "p") + "x";
        let error = Recipients::parse(std::slice::from_ref(&typo))
            .unwrap_err()
            .to_string();
        assert!(error.contains(&typo), "{error}");
        assert!(Recipients::parse::<&str>(&[]).is_err());
        assert!(Recipients::parse(&[identity.to_public().to_string()]).is_ok());
    }

    #[test]
    fn an_identity_is_read_from_what_age_keygen_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.key");
        let identity = x25519::Identity::generate();
        let text = format!(
            "# created: 2026-11-26T02:17:00Z\n# public key: {}\n{}\n",
            identity.to_public(),
            identity.to_string().expose_secret()
        );
        std::fs::write(&path, text).unwrap();
        assert_eq!(Identities::read(&path).unwrap().iter().count(), 1);
        for text in ["", "# nothing\n", "AGE-SECRET-KEY-1NONE\n"] {
            std::fs::write(&path, text).unwrap();
            let error = Identities::read(&path).err().unwrap().to_string();
            assert!(
                error.contains("backup.key") && !error.contains("1NONE"),
                "{error}"
            );
        }
    }
}
