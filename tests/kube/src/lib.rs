//! A Kubernetes for tests: what is known of its kinds, and an API server that a test
//! controls.

pub mod schemas;
