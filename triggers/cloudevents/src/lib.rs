//! The delivery contract: how an event reaches a function, and what its answer means.
//!
//! An [`Event`] is a CloudEvent 1.0. It comes from a Kafka record ([`kafka`]), from
//! the outbox or from a tick, and goes to a function as an HTTP request ([`http`]).
//! The function's [`Answer`] has a [`Verdict`]: done, again later, or never again.
//! The rules are those of Knative's KafkaSource, so that a function cannot tell who
//! delivered to it; [`retry`] says where ours go further.
//!
//! The CloudEvents SDK for Rust is not used: it reads times and data into types of its
//! own, and what is only passed through has to arrive byte for byte.

mod answer;
mod delivery;
mod event;
pub mod http;
pub mod kafka;
mod outgoing;
pub mod retry;
mod sink;
mod structured;

pub use answer::{Answer, Verdict};
pub use delivery::{Delivery, End};
pub use event::{AttributeError, Event, MalformedEvent};
pub use outgoing::Outgoing;
pub use sink::Sink;
