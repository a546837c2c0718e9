//! A Kubernetes for tests: what is known of its kinds, and an API server that a test
//! controls.
//!
//! [`Server`] keeps objects in memory and speaks HTTP to whoever has its kubeconfig, as a
//! Kubernetes with Knative does. [`Controllers`] stand in for those of the cluster, and a
//! test says what becomes of each object. [`schemas::check`] alone needs no server.

mod controllers;
mod kinds;
pub mod schemas;
mod selector;
mod server;
mod store;

pub use controllers::{Controllers, Outcome};
pub use server::{Call, Fault, Match, Options, Proxied, Server};
