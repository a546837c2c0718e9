//! Revisions: one for each template that a service ever had.

use serde_json::{Value, json};

use super::super::pods::Pods;
use super::super::{End, Pass, conditions, generation, joined, kind, owned_by};
use super::{Latest, V1};
use crate::store::meta;

const SERVICE: &str = "serving.knative.dev/service";
const GENERATION: &str = "serving.knative.dev/configurationGeneration";

/// Makes the revision of the current template, and lets all revisions be as they are to
/// be. The current one's end is the answer.
pub(super) fn reconcile(pass: &mut Pass<'_>, service: &Value, configuration: &Value) -> Latest {
    let name = current(pass, service, configuration);
    let (namespace, owner) = (meta(service, "namespace"), meta(service, "name"));
    let revisions = kind(V1, "Revision");
    let mut latest = Latest {
        name,
        end: End::Never,
    };
    for revision in pass.list(revisions, namespace, &format!("{SERVICE}={owner}")) {
        let mut end = pass.end(revisions, &revision);
        show(pass, &revision, &end);
        if meta(&revision, "name") == latest.name {
            if revision["spec"] != service["spec"]["template"]["spec"] {
                let message = "revision name is taken by a conflicting revision".to_owned();
                let reason = "RevisionNameTaken".to_owned();
                end = End::Bad { reason, message };
            }
            latest.end = end;
        }
    }
    latest
}

fn current(pass: &Pass<'_>, service: &Value, configuration: &Value) -> String {
    let template = &service["spec"]["template"];
    let (namespace, owner) = (meta(service, "namespace"), meta(service, "name"));
    let number = generation(configuration);
    let name = match template["metadata"]["name"].as_str() {
        Some(name) => name.to_owned(),
        None => format!("{owner}-{number:05}"),
    };
    let own = json!({
        SERVICE: owner,
        "serving.knative.dev/serviceUID": meta(service, "uid"),
        "serving.knative.dev/configuration": owner,
        "serving.knative.dev/configurationUID": meta(configuration, "uid"),
        GENERATION: number.to_string(),
    });
    let revision = json!({
        "apiVersion": V1, "kind": "Revision",
        "metadata": {
            "name": name, "namespace": namespace,
            "labels": joined(&template["metadata"]["labels"], own),
            "annotations": joined(&template["metadata"]["annotations"], json!({})),
            "ownerReferences": owned_by(configuration),
        },
        "spec": template["spec"],
    });
    pass.state.make(kind(V1, "Revision"), revision);
    name
}

fn show(pass: &Pass<'_>, revision: &Value, end: &End) {
    let (namespace, name) = (meta(revision, "namespace"), meta(revision, "name"));
    let (reason, message) = match end {
        End::Good => ("", ""),
        End::Bad { reason, message } => (reason.as_str(), message.as_str()),
        End::Never => ("Deploying", ""),
    };
    let spec = pod_spec(revision);
    pods(revision, &spec).ensure(pass.state, end, "Running");
    pass.state
        .edit(kind(V1, "Revision"), namespace, name, |object| {
            object["status"]["observedGeneration"] = json!(generation(object));
            let status = conditions::status_of(end);
            for condition in ["ContainerHealthy", "ResourcesAvailable", "Ready"] {
                conditions::set(object, condition, status, reason, message);
            }
        });
}

/// What is a pod's of a revision's specification, with Knative's own container.
fn pod_spec(revision: &Value) -> Value {
    let mut spec = revision["spec"].clone();
    if let Some(members) = spec.as_object_mut() {
        for key in [
            "containerConcurrency",
            "idleTimeoutSeconds",
            "responseStartTimeoutSeconds",
            "timeoutSeconds",
        ] {
            members.remove(key);
        }
    }
    let containers = spec.get_mut("containers").and_then(Value::as_array_mut);
    if let Some(containers) = containers {
        containers.push(json!({ "name": "queue-proxy", "image": "queue" }));
    }
    spec
}

/// As many as the revision starts with.
fn pods<'a>(revision: &'a Value, spec: &'a Value) -> Pods<'a> {
    let metadata = &revision["metadata"];
    let scale = |key: &str| {
        let text = metadata["annotations"][format!("autoscaling.knative.dev/{key}")].as_str();
        text.and_then(|text| text.parse::<u64>().ok())
    };
    let count = scale("min-scale").max(scale("initial-scale")).unwrap_or(1);
    let name = meta(revision, "name");
    let own = json!({
        "app": name, "serving.knative.dev/revision": name,
        "serving.knative.dev/revisionUID": meta(revision, "uid"),
    });
    Pods {
        owner: revision,
        prefix: format!("{name}-deployment-x7k2"),
        count,
        labels: joined(&metadata["labels"], own),
        annotations: &metadata["annotations"],
        spec,
    }
}
