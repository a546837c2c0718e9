//! Deployments: a ReplicaSet for each template, and pods for the last one.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::pods::Pods;
use super::{End, Pass, conditions, generation, joined, kind, owned_by};
use crate::store::meta;

pub(super) fn reconcile(pass: &mut Pass<'_>) {
    let deployments = kind("apps/v1", "Deployment");
    for deployment in pass.list(deployments, "", "") {
        let (namespace, name) = (meta(&deployment, "namespace"), meta(&deployment, "name"));
        let end = pass.end(deployments, &deployment);
        let set = replica_set(pass, &deployment);
        let template = &set["spec"]["template"];
        let replicas = deployment["spec"]["replicas"].as_u64().unwrap_or(1);
        let pods = Pods {
            owner: &set,
            prefix: format!("{}-x7k2", meta(&set, "name")),
            count: replicas,
            labels: template["metadata"]["labels"].clone(),
            annotations: &template["metadata"]["annotations"],
            spec: &template["spec"],
        };
        pods.ensure(pass.state, &end, "Running");
        if end == End::Good {
            retire_others(pass, &deployment, &set);
        }
        pass.state.edit(deployments, namespace, name, |deployment| {
            show(deployment, &end, replicas);
        });
    }
}

fn replica_set(pass: &Pass<'_>, deployment: &Value) -> Value {
    let template = &deployment["spec"]["template"];
    let mut hasher = DefaultHasher::new();
    template.to_string().hash(&mut hasher);
    let hash = format!("{:010x}", hasher.finish() >> 24);
    let labels = joined(
        &template["metadata"]["labels"],
        json!({ "pod-template-hash": hash }),
    );
    let set = json!({
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": format!("{}-{hash}", meta(deployment, "name")),
            "namespace": meta(deployment, "namespace"),
            "labels": labels, "ownerReferences": owned_by(deployment),
        },
        "spec": {
            "replicas": deployment["spec"]["replicas"],
            "selector": { "matchLabels": labels },
            "template": { "metadata": joined(&template["metadata"], json!({ "labels": labels })), "spec": template["spec"] },
        },
    });
    (*pass.state.make(kind("apps/v1", "ReplicaSet"), set)).clone()
}

/// Scales the ReplicaSets of earlier templates down.
fn retire_others(pass: &Pass<'_>, deployment: &Value, current: &Value) {
    let (sets, pods) = (kind("apps/v1", "ReplicaSet"), kind("v1", "Pod"));
    let namespace = meta(deployment, "namespace");
    let owned = |object: &Value, owner: &Value| {
        object["metadata"]["ownerReferences"][0]["uid"] == meta(owner, "uid")
    };
    for set in pass.list(sets, namespace, "") {
        if !owned(&set, deployment) || meta(&set, "name") == meta(current, "name") {
            continue;
        }
        pass.state.edit(sets, namespace, meta(&set, "name"), |set| {
            set["spec"]["replicas"] = json!(0);
        });
        let mut store = pass.state.store();
        for pod in store.list(pods, namespace, &crate::selector::Selector::default()) {
            if owned(&pod, &set) {
                store.delete(pods, namespace, meta(&pod, "name"), false);
            }
        }
        pass.state.notify(&store);
    }
}

fn show(deployment: &mut Value, end: &End, replicas: u64) {
    let up = if *end == End::Good { replicas } else { 0 };
    let mut status = json!({
        "observedGeneration": generation(deployment),
        "replicas": replicas, "updatedReplicas": replicas,
        "readyReplicas": up, "availableReplicas": up, "unavailableReplicas": replicas - up,
    });
    status["conditions"] = deployment["status"]["conditions"].take();
    deployment["status"] = status;
    let (available, minimum) = match end {
        End::Good => ("True", "MinimumReplicasAvailable"),
        _ => ("False", "MinimumReplicasUnavailable"),
    };
    conditions::set(deployment, "Available", available, minimum, "");
    let (progressing, reason, message) = match end {
        End::Good => ("True", "NewReplicaSetAvailable", ""),
        End::Bad { message, .. } => ("False", "ProgressDeadlineExceeded", message.as_str()),
        End::Never => ("True", "ReplicaSetUpdated", ""),
    };
    conditions::set(deployment, "Progressing", progressing, reason, message);
}
