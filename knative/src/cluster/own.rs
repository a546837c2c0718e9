//! What is ours, and how it is told apart.

use serde_json::{Map, Value, json};

use super::api::Api;
use super::error::Result;
use super::kinds::Resource;
use crate::labels;

/// The labels of what the engine itself makes for `app`.
pub(crate) fn ours(app: &str) -> Value {
    json!({ labels::MANAGED_BY: labels::MANAGER, labels::PART_OF: app })
}

/// Selects what is ours of `app`.
pub(crate) fn selector(app: &str) -> String {
    format!(
        "{}={},{}={app}",
        labels::MANAGED_BY,
        labels::MANAGER,
        labels::PART_OF
    )
}

/// Selects the pods and revisions of one release.
pub(crate) fn of_release(app: &str, release: &str) -> String {
    format!("{}={app},{}={release}", labels::PART_OF, labels::RELEASE)
}

/// The objects of a kind that are ours. Knative copies labels to what it makes of a
/// service, so that what somebody owns is left to its owner.
pub(crate) async fn list_ours(api: &Api, resource: &Resource, app: &str) -> Result<Vec<Value>> {
    let mut objects = api.list(resource, &selector(app)).await?;
    objects.retain(|object| object.pointer("/metadata/ownerReferences").is_none());
    Ok(objects)
}

/// A live object as it could be applied again: without what the server, its
/// controllers and its webhooks add.
pub(crate) fn snapshot(live: &Value) -> Value {
    let mut copy = live.clone();
    let Some(fields) = copy.as_object_mut() else {
        return copy;
    };
    fields.remove("status");
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.retain(|key, _| {
            ["name", "namespace", "labels", "annotations"].contains(&key.as_str())
        });
        if let Some(annotations) = metadata
            .get_mut("annotations")
            .and_then(Value::as_object_mut)
        {
            annotations.retain(|key, _| !is_added(key));
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    without_nulls(&mut copy);
    copy
}

/// Some serializers write `null` for what is not set; applied, that would be a value.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        _ => {}
    }
}

/// Annotations that webhooks and controllers write.
fn is_added(annotation: &str) -> bool {
    const ADDED: &[&str] = &[
        "serving.knative.dev/creator",
        "serving.knative.dev/lastModifier",
        "eventing.knative.dev/creator",
        "eventing.knative.dev/lastModifier",
        "messaging.knative.dev/creator",
        "messaging.knative.dev/lastModifier",
        "sources.knative.dev/creator",
        "sources.knative.dev/lastModifier",
        "deployment.kubernetes.io/revision",
        "kubectl.kubernetes.io/last-applied-configuration",
    ];
    ADDED.contains(&annotation)
}

/// A revision's template, as a service names it: what Knative and its webhooks add to
/// a revision is left out of the labels and annotations, and its spec is taken whole,
/// for Knative takes no other one under the same name.
pub(crate) fn template_of(revision: &Value) -> Value {
    let kept = |pointer: &str| {
        let all = revision.pointer(pointer).and_then(Value::as_object);
        all.into_iter()
            .flatten()
            .filter(|(key, _)| !key.starts_with("serving.knative.dev/"))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<Map<_, _>>()
    };
    let mut metadata = json!({ "name": super::objects::name(revision) });
    // An empty map is another template than none.
    for key in ["labels", "annotations"] {
        let kept = kept(&format!("/metadata/{key}"));
        if !kept.is_empty() {
            metadata[key] = kept.into();
        }
    }
    json!({ "metadata": metadata, "spec": revision["spec"] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_leaves_out_what_the_cluster_added() {
        let live = json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": {
                "name": "tasks", "namespace": "todo", "uid": "u", "resourceVersion": "7",
                "generation": 3, "managedFields": [], "creationTimestamp": "t",
                "labels": { "a": "b" },
                "annotations": { "serving.knative.dev/creator": "me" },
            },
            "spec": { "traffic": [] },
            "status": { "url": "http://tasks" },
        });
        assert_eq!(
            snapshot(&live),
            json!({
                "apiVersion": "serving.knative.dev/v1", "kind": "Service",
                "metadata": { "name": "tasks", "namespace": "todo", "labels": { "a": "b" } },
                "spec": { "traffic": [] },
            })
        );
    }

    #[test]
    fn a_revisions_template_is_what_a_service_would_say() {
        let revision = json!({
            "metadata": {
                "name": "tasks-r1",
                "labels": { "serving.knative.dev/service": "tasks", "spindrift.dev/release": "r1" },
                "annotations": {
                    "serving.knative.dev/routes": "tasks",
                    "autoscaling.knative.dev/min-scale": "1",
                },
            },
            "spec": { "containerConcurrency": 80 },
        });
        assert_eq!(
            template_of(&revision),
            json!({
                "metadata": {
                    "name": "tasks-r1",
                    "labels": { "spindrift.dev/release": "r1" },
                    "annotations": { "autoscaling.knative.dev/min-scale": "1" },
                },
                "spec": { "containerConcurrency": 80 },
            })
        );
    }
}
