//! The Kafka trigger: records in, calls of functions out; and the producer that
//! writes events.
//!
//! - [`Producer`]: idempotent, bounded; what the outbox's relay publishes by;
//! - [`Consumer`]: one consumer group, which delivers a [`Subscription`]'s records in
//!   the order of their partitions, by the contract in `spindrift-cloudevents`;
//! - [`dead_letters`]: what was given up, to be looked at and published again;
//! - [`Metrics`]: what the trigger counts.
//!
//! librdkafka does the talking: it is the one client besides Java's that knows every
//! part of the protocol that is needed here (idempotent writing, cooperative
//! rebalancing, SCRAM).

mod connection;
mod consumer;
mod dead_letter;
pub mod dead_letters;
mod error;
mod message;
mod metrics;
mod partitions;
mod producer;
mod subscription;
mod topics;
mod watch;

pub use consumer::Consumer;
pub use error::{Error, PublishError};
pub use metrics::Metrics;
pub use producer::Producer;
pub use subscription::Subscription;
pub use topics::DEAD_LETTER_SUFFIX;
