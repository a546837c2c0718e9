//! What can go wrong, in words that lead out of it.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Everything that can fail in this crate but the publishing of one record.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Settings that cannot be.
    #[error("the Kafka connection: {0}")]
    Configuration(String),
    /// The client library refuses its settings.
    #[error("the Kafka client cannot be made: {0}. Check the brokers, `ca_file` and `sasl`.")]
    Client(#[source] KafkaError),
    /// No broker can be talked to.
    #[error("Kafka at {brokers} cannot be reached: {reason}")]
    Unreachable {
        /// As in the connection.
        brokers: String,
        /// What the client library says of it.
        reason: String,
    },
    /// A topic that should be there could not be made.
    #[error(
        "the topic `{topic}` could not be made: {reason}. Make it, or let this user make topics."
    )]
    Topic {
        /// Its name.
        topic: String,
        /// What the broker answered.
        reason: String,
    },
    /// A topic that is to be read is not there.
    #[error("there is no topic `{0}` (or this user may not read it)")]
    NoTopic(String),
    /// Reading has failed for good.
    #[error("reading from Kafka has failed for good: {0}")]
    Consumer(#[source] KafkaError),
    /// Something else that a broker or the client library refused.
    #[error("Kafka: {0}")]
    Kafka(#[from] KafkaError),
    /// A task of this process ended before its time.
    #[error("a task ended before its time: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Why a record was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Nobody acknowledged it in time. It may have been written all the same.
    #[error("not acknowledged: {0}")]
    Unreachable(String),
    /// There is no such topic.
    #[error("there is no topic `{0}`; make it, or let Spindrift make it")]
    NoTopic(String),
    /// This user may not write to the topic.
    #[error("the broker denies writing to `{topic}`: {reason}")]
    Denied {
        /// The topic.
        topic: String,
        /// What the broker answered.
        reason: String,
    },
    /// Larger than the broker or the topic takes (`max.message.bytes`).
    #[error("the record is larger than `{0}` takes (its max.message.bytes)")]
    TooLarge(String),
    /// It cannot be published at all.
    #[error("cannot be published from `{topic}`: {reason}")]
    Rejected {
        /// The topic.
        topic: String,
        /// Why.
        reason: String,
    },
    /// A dead letter whose value was too large to be kept with it.
    #[error(
        "the value was left out of the dead letter, for its size; the record itself is in \
         `{topic}`, partition {partition}, offset {offset}, as long as that topic keeps it"
    )]
    ValueOmitted {
        /// The topic that it came from.
        topic: String,
        /// Its partition there.
        partition: i32,
        /// Its offset there.
        offset: i64,
    },
}

impl PublishError {
    /// Whether the same record can never be published, whatever is waited for.
    pub fn is_permanent(&self) -> bool {
        matches!(
            self,
            Self::TooLarge(_) | Self::Rejected { .. } | Self::ValueOmitted { .. }
        )
    }

    pub(crate) fn new(topic: &str, error: &KafkaError, last: Option<String>) -> Self {
        use RDKafkaErrorCode as Code;
        let topic = topic.to_owned();
        match error.rdkafka_error_code() {
            Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => Self::TooLarge(topic),
            Some(
                Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::InvalidTopic,
            ) => Self::NoTopic(topic),
            Some(code @ (Code::TopicAuthorizationFailed | Code::ClusterAuthorizationFailed)) => {
                Self::Denied {
                    topic,
                    reason: code.to_string(),
                }
            }
            // Given up by us: the library's last trouble says more than that.
            Some(Code::PurgeQueue | Code::PurgeInflight | Code::QueueFull) => {
                Self::Unreachable(match last {
                    Some(last) => format!("not in time; the last trouble was: {last}"),
                    None => "not in time".to_owned(),
                })
            }
            _ => Self::Unreachable(error.to_string()),
        }
    }
}
