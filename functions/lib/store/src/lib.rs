//! SQL, one module per aggregate, over Spin's PostgreSQL interface.
//!
//! Every statement names the user whose rows it is about, and the transaction
//! names that user once more for row-level security (`spindrift.user_id`), so
//! that a forgotten `WHERE` finds nothing instead of everything.

pub mod calendar;
mod db;
mod error;
pub mod event_log;
pub mod health;
pub mod idempotency;
pub mod inbox;
pub mod notifications;
pub mod outbox;
pub mod params;
pub mod reminders;
pub mod retention;
mod row;
pub mod series;
pub mod sessions;
pub mod tasks;
pub mod throttle;
pub mod users;

pub use db::{Db, Scope};
pub use error::Error;
pub use row::{FromValue, Row};
pub use spin_sdk::pg::ParameterValue;
