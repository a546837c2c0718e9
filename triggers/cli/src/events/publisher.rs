//! The outbox's way into Kafka.

use std::collections::BTreeSet;

use spindrift_cloudevents::Outgoing;
use spindrift_kafka::Producer;
use spindrift_outbox::{PublishError, Publisher};

use super::topics;

/// Publishes by a producer, and makes the topics that are not there.
pub(super) struct ToKafka(pub(super) Producer);

impl Publisher for ToKafka {
    async fn publish(&self, mut records: Vec<Outgoing>) -> Vec<Result<(), PublishError>> {
        for record in &mut records {
            record.topic = self.0.connection().name(&record.topic);
        }
        let results = self.0.publish(records).await;
        let missing: BTreeSet<&str> = results.iter().filter_map(missing).collect();
        if !missing.is_empty()
            && let Err(error) = topics::make(&self.0, missing.into_iter().collect()).await
        {
            tracing::warn!(%error, "topics");
        }
        let results = results.into_iter();
        results.map(|result| result.map_err(refusal)).collect()
    }
}

/// The topic that a record was for and that is not there.
fn missing(result: &Result<(), spindrift_kafka::PublishError>) -> Option<&str> {
    match result {
        Err(spindrift_kafka::PublishError::NoTopic(topic)) => Some(topic),
        _ => None,
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "for `map_err`, which gives it away"
)]
fn refusal(error: spindrift_kafka::PublishError) -> PublishError {
    match error.is_permanent() {
        true => PublishError::Refused(error.to_string()),
        false => PublishError::Unavailable(error.to_string()),
    }
}
