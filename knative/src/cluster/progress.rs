//! What happens, while it happens.

use serde::Serialize;

/// Is told what happens. Must not block: the release waits for it.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event);
}

/// Nobody listens.
impl Progress for () {
    fn event(&self, _event: &Event) {}
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The next step has begun.
    Step {
        /// Such as `Apply the ground`.
        what: String,
    },
    /// A service's revision changed.
    Service {
        /// The Knative service.
        name: String,
        /// How it stands.
        state: ServiceState,
    },
    /// Traffic moved.
    Traffic {
        /// The release.
        release: String,
        /// Its share in per cent.
        percent: u8,
    },
    /// The release was looked at while it has some traffic.
    Watched {
        /// Requests since the step began.
        requests: u64,
        /// How many of them were answered with 5xx.
        errors: u64,
        /// The 99th percentile of their durations in seconds, where there were any.
        p99_seconds: Option<f64>,
    },
    /// Something that one should know.
    Note {
        /// What.
        text: String,
    },
    /// All is done.
    Done {
        /// The release that serves, or waits.
        release: String,
    },
}

/// How a new revision stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "why")]
pub enum ServiceState {
    /// Applied, and not ready yet, with what Knative says of it.
    Waiting(String),
    /// Ready for traffic.
    Ready,
    /// It will not become ready, with the reason.
    Failed(String),
}
