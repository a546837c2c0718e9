//! What is delivered, and to whom.

use std::future::Future;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

/// A message of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The component to call.
    pub component: String,
    /// The channel that it came from.
    pub channel: String,
    /// The server that it came from, `host:port`.
    pub server: String,
    /// What was published.
    pub payload: Bytes,
}

impl Message {
    /// The CloudEvents attributes, by their plain names, of a message that came at
    /// `came_at`. Redis gives messages no ids, so it gets one.
    pub fn attributes(&self, came_at: DateTime<Utc>) -> [(&'static str, String); 7] {
        let came_at = came_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        [
            ("specversion", "1.0".to_owned()),
            ("type", "redis.message".to_owned()),
            ("source", format!("redis://{}", self.server)),
            ("id", Uuid::now_v7().to_string()),
            ("time", came_at),
            ("subject", self.channel.clone()),
            ("datacontenttype", "application/octet-stream".to_owned()),
        ]
    }
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function did its work.
    Delivered,
    /// It did not; for the log, without secrets.
    Failed(String),
}

/// Brings messages to their functions.
pub trait Deliver: Clone + Send + Sync + 'static {
    /// Delivers a message, once. It is dropped when the stop takes too long.
    fn deliver(&self, message: Message) -> impl Future<Output = Outcome> + Send;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_where_it_comes_from_and_no_two_are_the_same() {
        let message = Message {
            component: "count".to_owned(),
            channel: "votes".to_owned(),
            server: "localhost:6379".to_owned(),
            payload: Bytes::from_static(b"\0"),
        };
        let [_, _, source, id, time, subject, _] = message.attributes(DateTime::UNIX_EPOCH);
        assert_eq!(source.1, "redis://localhost:6379");
        assert_eq!(time.1, "1970-01-01T00:00:00.000Z");
        assert_eq!(subject.1, "votes");
        assert_ne!(id, message.attributes(DateTime::UNIX_EPOCH)[3]);
    }
}
