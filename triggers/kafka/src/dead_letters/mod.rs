//! Dead letters: reading them, and publishing them again.
//!
//! Both kinds are understood: ours, and those that Knative's KafkaSource sends to a
//! KafkaSink, which carry `knativeerrorcode` and `knativeerrordata`.

mod letter;
mod read;
mod replay;

pub use crate::dead_letter::Source;
pub use letter::{DeadLetter, Filter};
pub use read::read;
pub use replay::replay;

/// What stands before the `#<topic>` in the source of an event that is made of a
/// plain record: the form of KafkaSource's, with the group for the source's name.
pub(crate) fn source_of(group: &str) -> String {
    format!("/apis/v1/namespaces/default/kafkasources/{group}")
}
