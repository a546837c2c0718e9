//! What the end-to-end tests share. They start the real program, on a free port,
//! with a real PostgreSQL, and speak HTTP to it.
//!
//! - [`Database`]: a database of one's own on the run's server;
//! - [`MariaDb`] and [`Mosquitto`]: servers that only some functions ask;
//! - [`Certified`]: certificates for them;
//! - [`Start`] and [`Running`]: the program, started and stopped;
//! - [`Redis`]: a server of one's own;
//! - [`Api`] and [`Answer`]: requests, and what came of them;
//! - [`tokens`]: access tokens made by hand; [`metrics`]: the program's figures.
//!
//! The program is `target/release/spindrift`, or what `SPINDRIFT_BIN` names. It and
//! the functions have to be built before; a test that misses them says how.

mod answer;
mod api;
mod certified;
mod client;
mod database;
mod guard;
mod mariadb;
pub mod metrics;
mod mosquitto;
mod paths;
mod redis;
mod run_folder;
mod running;
mod servers;
mod start;
pub mod tokens;
mod wait;

pub use answer::Answer;
pub use api::{Api, Call};
pub use certified::Certified;
pub use client::{client, client_builder};
pub use database::Database;
pub use mariadb::MariaDb;
pub use mosquitto::Mosquitto;
pub use paths::{program, program_with_failpoints, workspace};
pub use redis::Redis;
pub use run_folder::scratch;
pub use running::{Ended, Running};
pub use start::Start;
pub use wait::{until, within};
