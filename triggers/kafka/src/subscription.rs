//! Who is given which records.

use spindrift_cloudevents::retry::Schedule;

use crate::topics::DEAD_LETTER_SUFFIX;

/// A function that handles the records of some topics.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The function.
    pub component: String,
    /// What is read.
    pub topics: Vec<Topic>,
    /// The consumer group. Those of one group share the partitions among them.
    pub group: String,
    /// Where a group begins that has read nothing yet.
    pub initial_offset: InitialOffset,
    /// How many records are with the function at once, over all partitions.
    pub concurrency: usize,
    /// When a record is delivered again.
    pub schedule: Schedule,
}

/// A topic, and where its dead letters go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// The topic of its dead letters.
    pub dead_letter_topic: String,
}

impl Topic {
    /// A topic whose dead letters go to `<name>.dlq`.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            dead_letter_topic: format!("{name}{DEAD_LETTER_SUFFIX}"),
            name,
        }
    }
}

/// Kafka's `auto.offset.reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialOffset {
    /// With the oldest record there is.
    Earliest,
    /// With what is written from now on.
    Latest,
}

impl InitialOffset {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Earliest => "earliest",
            Self::Latest => "latest",
        }
    }
}
