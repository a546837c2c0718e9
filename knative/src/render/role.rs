//! What a deployer has to be allowed.

use serde_json::json;

use super::yaml;
use crate::cluster::rules;
use crate::labels;
use crate::release::Release;

/// The Role of a deployer in the application's namespace: it suffices for every
/// command, and not for more.
pub fn role(release: &Release) -> String {
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {
            "name": format!("{}-deployer", release.app),
            "namespace": release.namespace,
            "labels": { labels::PART_OF: release.app },
        },
        "rules": rules(&release.app, &release.secrets),
    });
    yaml(&role)
}
