//! Making topics.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::RDKafkaErrorCode;
use spindrift_manifest::KafkaConnection;

use crate::{Error, connection};

/// What stands after a topic's name in that of its dead letters.
pub const DEAD_LETTER_SUFFIX: &str = ".dlq";

/// Room for what a dead letter has beyond the original, which may itself be as large
/// as a broker takes by default (1 MiB).
const DEAD_LETTER_BYTES: &str = "1179648";

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn ensure(
    connection: &KafkaConnection,
    topics: &[&str],
    partitions: i32,
    replication: i32,
) -> Result<(), Error> {
    let admin: AdminClient<DefaultClientContext> = connection::config(connection)
        .create()
        .map_err(Error::Client)?;
    let wanted: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|name| {
            let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(replication));
            // One replica may be away without holding writers up.
            let topic = if replication >= 3 {
                topic.set("min.insync.replicas", "2")
            } else {
                topic
            };
            if name.ends_with(DEAD_LETTER_SUFFIX) {
                topic.set("max.message.bytes", DEAD_LETTER_BYTES)
            } else {
                topic
            }
        })
        .collect();
    let options = AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE));
    for made in admin.create_topics(&wanted, &options).await? {
        match made {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                return Err(Error::Topic {
                    topic,
                    reason: code.to_string(),
                });
            }
        }
    }
    Ok(())
}
