//! The deployer: an application and a profile to Kubernetes objects on Knative, and
//! those to a cluster, release by release.

pub mod cluster;
pub mod labels;
mod object;
mod release;

pub use object::{Object, Stage};
pub use release::{Release, Rollout, SecretKey, Smoke};
