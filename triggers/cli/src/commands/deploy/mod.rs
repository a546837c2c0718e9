//! Commands about a cluster.

mod diff;
mod live;
mod logs;
mod release;
mod render;
mod status;
mod wanted;

pub(super) use diff::run as diff;
pub(super) use logs::run as logs;
pub(super) use release::{delete, deploy, promote, rollback};
pub(super) use render::run as render;
pub(super) use status::run as status;
