//! PostgreSQL for an application on one machine, and what any database of an
//! application needs.
//!
//! [`PrivateServer`] is a PostgreSQL that belongs to one [`StateFolder`]: made on
//! first use, durable, never run as root, found again after any crash.
//! [`roles`], [`migrate`], [`Dump`] and [`backup`] work on it; all but the last on a
//! server that somebody else runs as well.

pub mod account;
pub mod backup;
mod client;
mod contents;
mod dump;
mod error;
pub mod find;
pub mod migrate;
mod restore;
pub mod roles;
mod secrets;
mod server;
mod state;
pub mod tls;
mod unpack;
mod url;

pub use contents::{Contents, inspect};
pub use dump::Dump;
pub use error::{Error, summary};
pub use restore::{Restored, restore, restore_from, restore_into};
pub use secrets::{Secrets, random_secret};
pub use server::{Access, PrivateServer, Reached, data_folder, reach};
pub use state::{Holder, StateFolder, StateLock};
pub use unpack::Source;
pub use url::{Target, connect, host_and_port, with_role};

/// Where long steps report that they are under way: one line for people at a
/// time, without a newline.
pub type Progress<'a> = &'a (dyn Fn(&str) + Send + Sync);
