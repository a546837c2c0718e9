//! The HTTP trigger: listens, finds the function of a route, calls it.
//!
//! [`Service`] answers one request; [`serve`] runs it on a listener until told to
//! stop; [`admin`] is the listener for those who operate the process.

mod access_log;
pub mod admin;
mod body;
mod connection;
pub mod metrics;
mod problem;
mod request_id;
mod service;
mod spin_headers;

pub use connection::{Drained, ServeOptions, serve};
pub use service::{Service, ServiceOptions, event_sink};
