//! The HTTP trigger: listens, finds the function of a route, calls it.
//!
//! [`Service`] answers one request, or has another service answer it; [`serve`] runs it
//! on a listener until told to stop; [`admin`] is the listener for those who operate the
//! process.

mod access_log;
pub mod admin;
mod body;
mod chain;
mod connection;
mod endpoint;
mod forward;
mod forwarded;
mod heads;
mod health;
pub mod metrics;
mod network;
mod problem;
mod request_id;
mod service;
mod spin_headers;
mod tls;

pub use connection::{Drained, ServeOptions, serve};
pub use endpoint::event_sink;
pub use health::Health;
pub use network::Network;
pub use service::{Edge, Service, ServiceOptions};
pub use tls::{Tls, TlsError};
