//! A chart for Helm: <https://helm.sh/docs/topics/charts/>.

use std::path::Path;

use serde_json::{Value, json};

use super::{File, file_name, yaml};
use crate::labels;
use crate::object::{Object, Stage};
use crate::release::Release;

/// Chart versions are semantic; an application without a version is this one.
const UNVERSIONED: &str = "0.0.0";

/// The chart. Its values are the image and the release's name, which change together:
/// Knative makes a revision of each name once.
pub fn helm(release: &Release) -> Vec<File> {
    let version = match release.version.as_str() {
        "" => UNVERSIONED,
        version => version,
    };
    let chart = json!({
        "apiVersion": "v2",
        "name": release.app,
        "description": format!("{} on Knative", release.app),
        "type": "application",
        "version": version,
        "appVersion": version,
    });
    let values = json!({
        "image": release.image,
        "release": release.name,
    });
    let mut files = vec![
        file("Chart.yaml", yaml(&chart)),
        file("values.yaml", yaml(&values)),
    ];
    files.extend(
        release
            .objects
            .iter()
            .map(|object| template(release, object)),
    );
    files
}

fn file(path: impl AsRef<Path>, text: String) -> File {
    File {
        path: path.as_ref().to_owned(),
        text,
    }
}

fn template(release: &Release, object: &Object) -> File {
    let mut value = object.value.clone();
    if object.stage == Stage::Migration {
        value["metadata"]["annotations"] = hook(&value);
    }
    // What looks like one of Helm's templates in a value is a value all the same.
    let text = yaml(&value).replace("{{", "{{ \"{{\" }}");
    let text = text
        .replace(&release.image, "{{ .Values.image }}")
        .replace(&release.name, "{{ .Values.release }}")
        .replace(
            &format!("namespace: {}\n", release.namespace),
            "namespace: {{ .Release.Namespace }}\n",
        )
        .replace(
            &format!(".{}.svc.cluster.local", release.namespace),
            ".{{ .Release.Namespace }}.svc.cluster.local",
        );
    let name = file_name(object).replace(&format!("-{}", release.name), "");
    file(Path::new("templates").join(name), text)
}

/// Migrations run as they do in a deployment: what expands before an upgrade, what
/// contracts behind it. An installation has no account to run as before it is there.
fn hook(job: &Value) -> Value {
    let contract = job["metadata"]["labels"][labels::PHASE] == labels::CONTRACT;
    json!({
        "helm.sh/hook": if contract { "post-upgrade" } else { "post-install,pre-upgrade" },
        "helm.sh/hook-delete-policy": "before-hook-creation",
    })
}
