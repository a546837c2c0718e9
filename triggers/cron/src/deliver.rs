//! What is delivered, and to whom.

use std::future::Future;

use chrono::{DateTime, SecondsFormat, Utc};

/// One tick of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The job's name.
    pub job: String,
    /// The component to call.
    pub component: String,
    /// When the schedule wanted it, whole seconds.
    pub due_at: DateTime<Utc>,
    /// Whether another host began to deliver it and did not end.
    pub redelivery: bool,
}

impl Tick {
    /// `id`: one for each tick of a job, and the same when it is delivered again.
    pub fn id(&self) -> String {
        format!("{}@{}", self.job, instant(self.due_at))
    }

    /// The CloudEvents attributes, by their plain names, of a tick sent at
    /// `sent_at`: those that Knative's PingSource gives.
    pub fn attributes(&self, sent_at: DateTime<Utc>) -> [(&'static str, String); 5] {
        let source = format!("/apis/v1/namespaces/default/pingsources/{}", self.job);
        [
            ("specversion", "1.0".to_owned()),
            ("type", "dev.knative.sources.ping".to_owned()),
            ("source", source),
            ("id", self.id()),
            ("time", instant(sent_at)),
        ]
    }
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// How a delivery ended, with all its retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function did its work.
    Delivered,
    /// It did not; for the log, without secrets.
    Failed(String),
}

/// Brings ticks to their functions.
pub trait Deliver: Send + Sync + 'static {
    /// Delivers a tick, with whatever retries there are. It is dropped when it
    /// takes longer than the job's timeout.
    fn deliver(&self, tick: Tick) -> impl Future<Output = Outcome> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_looks_like_one_of_a_ping_source() {
        let tick = Tick {
            job: "sweep".to_owned(),
            component: "sweep".to_owned(),
            due_at: DateTime::UNIX_EPOCH,
            redelivery: false,
        };
        let sent_at = DateTime::from_timestamp_millis(1_250).unwrap_or_default();
        let attributes = tick
            .attributes(sent_at)
            .map(|(name, value)| format!("{name}={value}"));
        assert_eq!(
            attributes,
            [
                "specversion=1.0",
                "type=dev.knative.sources.ping",
                "source=/apis/v1/namespaces/default/pingsources/sweep",
                "id=sweep@1970-01-01T00:00:00Z",
                "time=1970-01-01T00:00:01.250Z",
            ]
        );
        let again = Tick {
            redelivery: true,
            ..tick.clone()
        };
        assert_eq!(again.id(), tick.id());
    }
}
