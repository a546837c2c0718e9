//! Redis: connections to it, and the trigger that calls functions with the messages of
//! its channels.
//!
//! An [`Address`] is what a URL says, and makes [`Connection`]s, on which the runtime
//! sends the commands of functions. [`run`] subscribes to channels and gives what comes
//! to whoever implements [`Deliver`].
//!
//! Redis keeps no message: one is delivered once at the most. What comes while nobody is
//! subscribed, while too many wait for a slow function, or to a function that fails is
//! lost, and counted where it was seen.

mod address;
mod connection;
mod deliver;
mod error;
mod metrics;
mod subscriber;
mod subscription;

pub use address::Address;
pub use connection::{Connection, PATIENCE};
pub use deliver::{Deliver, Message, Outcome};
pub use error::Error;
pub use metrics::{ChannelLabels, MessageLabels, Metrics};
pub use subscriber::run;
pub use subscription::Subscription;

/// What is sent on a [`Connection`], and what comes back.
pub use redis::{Cmd, RedisError, ServerError, Value, cmd};
