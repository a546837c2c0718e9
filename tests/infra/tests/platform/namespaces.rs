//! What every namespace has from its first second.

use serde_json::Value;

use crate::source::{Document, of};

/// Namespaces in which applications run: nothing goes in or out that nobody allowed.
const ENVIRONMENTS: [&str; 2] = ["todo", "todo-staging"];
/// Where pods need what no other may have, and why is said in the manifest.
const PRIVILEGED: [&str; 2] = ["ingress", "monitoring"];

pub(crate) fn mistakes(manifests: &[Document]) -> Vec<String> {
    let mut found = Vec::new();
    for document in manifests.iter().filter(|one| kind(one) == "Namespace") {
        let name = of(&document.value, "/metadata/name");
        let beside: Vec<_> = manifests
            .iter()
            .filter(|one| {
                one.path == document.path && of(&one.value, "/metadata/namespace") == name
            })
            .collect();
        let has = |wanted: &str| beside.iter().any(|one| kind(one) == wanted);
        for wanted in ["LimitRange", "ResourceQuota"] {
            if !has(wanted) {
                found.push(format!("{}: {name} has no {wanted}", document.path));
            }
        }
        let denied = beside.iter().filter(|one| denies(&one.value));
        let directions: Vec<_> = denied
            .flat_map(|one| one.value["spec"]["policyTypes"].as_array().cloned())
            .flatten()
            .collect();
        if !directions.contains(&Value::from("Ingress")) {
            found.push(format!(
                "{}: {name} has no default-deny policy",
                document.path
            ));
        }
        if ENVIRONMENTS.contains(&name) && !directions.contains(&Value::from("Egress")) {
            found.push(format!("{}: {name} lets everything out", document.path));
        }
        found.extend(security(document, name));
    }
    found
}

fn security(document: &Document, name: &str) -> Option<String> {
    let label = |which: &str| {
        let pointer = format!("/metadata/labels/pod-security.kubernetes.io~1{which}");
        of(&document.value, &pointer).to_owned()
    };
    let allowed: &[&str] = match name {
        _ if ENVIRONMENTS.contains(&name) => &["restricted"],
        _ if PRIVILEGED.contains(&name) => &["privileged"],
        _ => &["restricted", "baseline"],
    };
    let level = label("enforce");
    let complete = label("warn") == "restricted" && label("enforce-version") == "latest";
    (!allowed.contains(&level.as_str()) || !complete).then(|| {
        format!(
            "{}: {name} enforces the Pod Security Standard {level:?}, not one of {allowed:?}",
            document.path
        )
    })
}

/// A policy of all pods that lets nothing through.
fn denies(value: &Value) -> bool {
    let spec = &value["spec"];
    let all = spec["podSelector"]
        .as_object()
        .is_some_and(serde_json::Map::is_empty);
    of(value, "/kind") == "NetworkPolicy"
        && all
        && spec.get("ingress").is_none()
        && spec.get("egress").is_none()
}

fn kind(document: &Document) -> &str {
    of(&document.value, "/kind")
}
