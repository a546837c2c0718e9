//! Releases against an API server that the tests control, scenario by scenario. Every
//! call is made under the Role that [`rules`](spindrift_knative::cluster::rules) has.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod access;
mod delete;
mod deploy;
mod diff;
mod failures;
mod interrupted;
mod lease;
mod looks;
mod preflight;
mod releases;
mod retries;
mod rollback;
mod watched;
mod world;
