//! What a deployer has to be allowed.

use super::yaml;
use crate::cluster::roles;
use crate::release::Release;

/// The Roles of a deployer, in the application's namespace and wherever else it has
/// objects, one after the other: they suffice for every command, and not for more.
pub fn role(release: &Release) -> String {
    let roles = roles(release).into_iter();
    let objects = roles.map(|role| yaml(&role.object(&release.app)));
    objects.collect::<Vec<_>>().join("---\n")
}
