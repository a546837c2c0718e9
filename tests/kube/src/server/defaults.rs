//! What Kubernetes and Knative fill in, as far as a comparison with what was applied
//! would see it.

use serde_json::{Value, json};

use crate::kinds::Kind;

pub(super) fn fill(kind: &Kind, object: &mut Value) {
    if (kind.group, kind.kind) == ("", "Secret") {
        set(object, "type", json!("Opaque"));
    }
    let Some(spec) = object.get_mut("spec") else {
        return;
    };
    match (kind.group, kind.kind) {
        ("", "Service") => service(spec),
        ("", "Pod") => pod(Some(spec), "Always"),
        ("apps", "Deployment") => deployment(spec),
        ("batch", "Job") => job(spec),
        ("batch", "CronJob") => {
            set(spec, "concurrencyPolicy", json!("Allow"));
            set(spec, "suspend", json!(false));
            if let Some(spec) = spec.pointer_mut("/jobTemplate/spec") {
                job(spec);
            }
        }
        ("serving.knative.dev", "Service") => knative(spec),
        _ => {}
    }
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.entry(key).or_insert(value);
    }
}

fn service(spec: &mut Value) {
    set(spec, "type", json!("ClusterIP"));
    set(spec, "sessionAffinity", json!("None"));
    let external = spec["type"] == "ExternalName";
    if !external {
        set(spec, "clusterIP", json!("10.96.0.10"));
        set(spec, "internalTrafficPolicy", json!("Cluster"));
    }
}

fn deployment(spec: &mut Value) {
    set(spec, "replicas", json!(1));
    set(spec, "revisionHistoryLimit", json!(10));
    set(spec, "progressDeadlineSeconds", json!(600));
    set(spec, "strategy", json!({ "type": "RollingUpdate" }));
    if spec["strategy"]["type"] == "RollingUpdate" {
        let strategy = &mut spec["strategy"];
        set(strategy, "rollingUpdate", json!({}));
        set(&mut strategy["rollingUpdate"], "maxSurge", json!("25%"));
        set(
            &mut strategy["rollingUpdate"],
            "maxUnavailable",
            json!("25%"),
        );
    }
    pod(spec.pointer_mut("/template/spec"), "Always");
}

fn job(spec: &mut Value) {
    for (key, value) in [("backoffLimit", 6), ("completions", 1), ("parallelism", 1)] {
        set(spec, key, json!(value));
    }
    set(spec, "completionMode", json!("NonIndexed"));
    set(spec, "suspend", json!(false));
    pod(spec.pointer_mut("/template/spec"), "Never");
}

fn pod(spec: Option<&mut Value>, restart: &str) {
    let Some(spec) = spec else {
        return;
    };
    set(spec, "restartPolicy", json!(restart));
    set(spec, "dnsPolicy", json!("ClusterFirst"));
    set(spec, "schedulerName", json!("default-scheduler"));
    set(spec, "terminationGracePeriodSeconds", json!(30));
    set(spec, "securityContext", json!({}));
    for key in ["containers", "initContainers"] {
        let containers = spec.get_mut(key).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            let latest = !container["image"]
                .as_str()
                .unwrap_or_default()
                .contains('@');
            let policy = if latest { "Always" } else { "IfNotPresent" };
            set(container, "imagePullPolicy", json!(policy));
            set(container, "resources", json!({}));
            set(
                container,
                "terminationMessagePath",
                json!("/dev/termination-log"),
            );
            set(container, "terminationMessagePolicy", json!("File"));
        }
    }
}

fn knative(spec: &mut Value) {
    set(
        spec,
        "traffic",
        json!([{ "latestRevision": true, "percent": 100 }]),
    );
    let Some(pod) = spec.pointer_mut("/template/spec") else {
        return;
    };
    set(pod, "containerConcurrency", json!(0));
    set(pod, "timeoutSeconds", json!(300));
    set(pod, "enableServiceLinks", json!(false));
    let containers = pod.get_mut("containers").and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        set(container, "name", json!("user-container"));
        set(container, "resources", json!({}));
    }
}
