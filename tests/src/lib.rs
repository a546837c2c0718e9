//! What the end-to-end tests share. They start the real program, on a free port,
//! with a real PostgreSQL, and speak HTTP to it.
//!
//! - [`Database`]: a database of one's own on the run's server;
//! - [`Start`] and [`Running`]: the program, started and stopped;
//! - [`Api`] and [`Answer`]: requests, and what came of them;
//! - [`tokens`]: access tokens made by hand; [`metrics`]: the program's figures.
//!
//! The program is `target/release/spindrift`, or what `SPINDRIFT_BIN` names. It and
//! the functions have to be built before; a test that misses them says how.

mod answer;
mod api;
mod client;
mod database;
mod guard;
pub mod metrics;
mod paths;
mod run_folder;
mod running;
mod start;
pub mod tokens;
mod wait;

pub use answer::Answer;
pub use api::{Api, Call};
pub use client::{client, client_builder};
pub use database::Database;
pub use paths::{program, program_with_failpoints, workspace};
pub use run_folder::scratch;
pub use running::{Ended, Running};
pub use start::Start;
pub use wait::{until, within};
