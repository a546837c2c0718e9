//! Who is given which records.

use spindrift_cloudevents::retry::Schedule;
use spindrift_manifest::{InitialOffset, KafkaTopic};

/// A function that handles the records of some topics.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The function.
    pub component: String,
    /// What is read.
    pub topics: Vec<KafkaTopic>,
    /// The consumer group. Those of one group share the partitions among them.
    pub group: String,
    /// Where a group begins that has read nothing yet.
    pub initial_offset: InitialOffset,
    /// How many records are with the function at once, over all partitions; one of
    /// each partition when nothing is said.
    pub concurrency: Option<usize>,
    /// When a record is delivered again.
    pub schedule: Schedule,
}

/// Kafka's `auto.offset.reset`.
pub(crate) fn offset_reset(initial: InitialOffset) -> &'static str {
    match initial {
        InitialOffset::Earliest => "earliest",
        InitialOffset::Latest => "latest",
    }
}
