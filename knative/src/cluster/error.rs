//! What can go wrong between a release and a cluster.

use std::time::Duration;

use chrono::{DateTime, Utc};
use kube::core::Status;

/// Why the cluster was not asked, refused, or does not do what was asked of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No kubeconfig, or one that cannot be used.
    #[error(
        "no cluster to talk to: {0}; set KUBECONFIG or give --kubeconfig, and choose among \
         its contexts with --context"
    )]
    Config(String),
    /// The API server does not answer.
    #[error("the API server at {url} does not answer: {why}")]
    Unreachable {
        /// Its address.
        url: String,
        /// The connection's error.
        why: String,
    },
    /// 401.
    #[error(
        "{what}: the API server does not know who asks (401): the token or certificate of \
         this kubeconfig has expired; sign in to the cluster again, and run the command again"
    )]
    Unauthorized {
        /// What was asked.
        what: String,
    },
    /// Any other refusal of the API server.
    #[error("{what}: {} ({} {})", .status.message, .status.code, .status.reason)]
    Api {
        /// What was asked.
        what: String,
        /// Its answer.
        status: Box<Status>,
    },
    /// Fields that somebody else manages.
    #[error(
        "{what}: {}; take that change back, or deploy with --force to overwrite it",
        .owners.join("; ")
    )]
    Conflict {
        /// The object.
        what: String,
        /// Who manages which field.
        owners: Vec<String>,
    },
    /// An answer that is not what the API promises.
    #[error("{what}: the API server's answer is not understood: {why}")]
    Answer {
        /// What was asked.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// What has to be put right before a release.
    #[error("nothing was changed:\n{}", list(.0))]
    Preflight(Vec<String>),
    /// Somebody else is deploying.
    #[error(
        "{holder} has been deploying this application since {since}; wait for that with \
         --wait"
    )]
    Held {
        /// Who.
        holder: String,
        /// Since when.
        since: DateTime<Utc>,
    },
    /// Somebody else has taken the lease over, or it could not be renewed.
    #[error(
        "the lease {lease} was lost ({why}), so everything is left as it is; run the command \
         again to continue or undo"
    )]
    LeaseLost {
        /// The Lease's name.
        lease: String,
        /// How.
        why: String,
    },
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Something did not happen in time.
    #[error("{what} within {} s: {last}", .after.as_secs())]
    Timeout {
        /// What did not happen.
        what: String,
        /// How long it was waited for.
        after: Duration,
        /// What was seen last.
        last: String,
    },
    /// A service, job or deployment that does not work.
    #[error("{what}: {reason}{}", log_text(.log))]
    Failed {
        /// Which.
        what: String,
        /// Its reason and message.
        reason: String,
        /// Its last log lines.
        log: Vec<String>,
    },
    /// A release that did worse than it may.
    #[error("{0}")]
    Unhealthy(String),
    /// A release that was begun and taken back.
    #[error("release {release} was taken back, {serving}: {cause}")]
    TakenBack {
        /// The release.
        release: String,
        /// What serves instead.
        serving: String,
        /// Why.
        cause: Box<Error>,
    },
    /// A release that was begun, and could not be taken back whole.
    #[error(
        "release {release} failed: {cause}\nIt could not be taken back whole:\n{}\n\
         `{command}` finishes that",
        list(.left)
    )]
    Left {
        /// The release.
        release: String,
        /// Why it failed.
        cause: Box<Error>,
        /// What is left, and why.
        left: Vec<String>,
        /// What to run.
        command: String,
    },
    /// Something that is not done, for a reason.
    #[error("{0}")]
    Refused(String),
}

/// The engine's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether the API server knows no such object.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Api { status, .. } if status.code == 404)
    }

    /// Whether the object is there already, or is not as it was when it was read.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self, Self::Api { status, .. } if status.code == 409)
    }
}

fn list(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("- {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn log_text(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    format!("; its last lines:\n  {}", lines.join("\n  "))
}
