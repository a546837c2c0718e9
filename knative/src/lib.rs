//! The deployer: an application and a profile to Kubernetes objects on Knative, and
//! those to a cluster, release by release.

mod assemble;
pub mod cluster;
mod kinds;
pub mod labels;
mod object;
mod plan;
pub mod profile;
mod release;
pub mod render;
mod resources;

pub use object::{Object, Stage};
pub use plan::{Mistake, Mistakes, prefix};
pub use profile::{Dapr, Profile};
pub use release::{Release, Rollout, SecretKey, Smoke};
pub use resources::ADMIN_PORT;
