//! A base for Kustomize: <https://kubectl.docs.kubernetes.io/references/kustomize/>.

use serde_json::json;

use super::{File, files, yaml};
use crate::release::Release;

/// The objects, and the file that lists them.
pub fn kustomize(release: &Release) -> Vec<File> {
    let mut files = files(release);
    let resources: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
    let list = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    });
    files.push(File {
        path: "kustomization.yaml".into(),
        text: yaml(&list),
    });
    files
}
