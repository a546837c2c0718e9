//! Events on their way out.

use chrono::{DateTime, Utc};

use crate::Event;

/// An event that is to be published.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where to.
    pub topic: String,
    /// Events with one key are kept in order.
    pub key: String,
    /// The event.
    pub event: Event,
    /// The record's time: when the change was made that it tells of.
    pub timestamp: DateTime<Utc>,
}
