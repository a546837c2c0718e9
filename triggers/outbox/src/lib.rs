//! The relay: events leave the outbox, in order and none twice for nothing.
//!
//! A change and its event commit together, as a row of `spindrift.outbox`. The relay
//! ([`run`]) takes rows that are committed, due and not published, in the order of
//! their ids, and hands them to an [`Outlet`]: to Kafka ([`Published`]), or straight
//! to the functions ([`Direct`]).
//!
//! **Order.** A row is taken as soon as it is visible. Who sends a request after the
//! answer to an earlier one draws a higher id and becomes visible later, so that
//! events of one key that did not overlap go out in the order they were made in.
//! A transaction that drew a low id and commits late overlapped all that went before
//! it; it is taken then, and holds up nobody.
//!
//! **One at a time.** Of several relays the one that holds an advisory lock works, on
//! the connection that holds it: with the connection goes the right to work. Another
//! takes over when the server sees that it is gone.
//!
//! **At least once.** A row is marked when its event is safe elsewhere. Between the two
//! a crash leaves the row to be taken again, and handlers know an event by its id.

pub mod dead_letters;
mod direct;
mod error;
mod lead;
mod metrics;
mod outlet;
mod prune;
mod published;
mod relay;
mod row;
mod session;
pub mod tail;

pub use direct::{Direct, Subscription};
pub use error::RelayError;
pub use metrics::Metrics;
pub use outlet::Outlet;
pub use published::{PublishError, Published, Publisher};
pub use relay::{Settings, run};
pub use session::Session;
