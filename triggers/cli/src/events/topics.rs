//! The topics that an application needs.

use spindrift_kafka::{Error, Producer};

/// Partitions of a topic that is made here: how many functions of one subscription
/// can be at work at once, in all processes together.
const PARTITIONS: i32 = 12;

/// As the brokers are set (`default.replication.factor`), and so is
/// `min.insync.replicas`.
const REPLICATION: i32 = -1;

/// Makes those that are not there.
pub(super) async fn make(producer: &Producer, topics: Vec<&str>) -> Result<(), Error> {
    producer
        .ensure_topics(&topics, PARTITIONS, REPLICATION)
        .await
}
