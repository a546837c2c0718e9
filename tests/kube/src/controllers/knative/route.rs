//! Routes: which revisions get which share of a service's traffic.

use serde_json::{Value, json};

use super::super::{End, Pass, conditions, generation, kind};
use super::{V1, VISIBILITY, part};
use crate::store::meta;

/// Where traffic goes, as far as it can.
pub(super) struct Routed {
    pub(super) end: End,
    pub(super) url: String,
    /// The name inside the cluster.
    pub(super) address: String,
    pub(super) traffic: Value,
}

/// Traffic moves all at once, when every revision that it is for is ready; else it stays.
pub(super) fn reconcile(pass: &Pass<'_>, service: &Value, latest_ready: &str) -> Routed {
    let route = part(pass, service, "Route", &spec(service));
    let (namespace, name) = (meta(service, "namespace"), meta(service, "name"));
    let address = format!("http://{name}.{namespace}.svc.cluster.local");
    let inside = service["metadata"]["labels"][VISIBILITY] == "cluster-local";
    let url = |tag: &str| {
        let tagged = if tag.is_empty() {
            name.to_owned()
        } else {
            format!("{tag}-{name}")
        };
        if inside {
            format!("http://{tagged}.{namespace}.svc.cluster.local")
        } else {
            format!("http://{tagged}.{namespace}.{}", pass.controllers.domain)
        }
    };
    let mut end = End::Good;
    let mut traffic = Vec::new();
    for target in service["spec"]["traffic"].as_array().into_iter().flatten() {
        let mut target = target.clone();
        let latest = target["latestRevision"] == true;
        if latest {
            target["revisionName"] = latest_ready.into();
        }
        let revision = target["revisionName"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        match reached(pass, namespace, name, &revision) {
            End::Good => {}
            // The first thing that is wrong is told, before what is only awaited.
            found if end == End::Good || end == End::Never => end = found,
            _ => {}
        }
        if let Some(tag) = target["tag"].as_str() {
            target["url"] = url(tag).into();
        }
        target["latestRevision"] = latest.into();
        traffic.push(target);
    }
    let mut traffic = Value::from(traffic);
    if end != End::Good {
        traffic = match &route["status"]["traffic"] {
            Value::Null => json!([]),
            before => before.clone(),
        };
    }
    let routed = Routed {
        end,
        url: url(""),
        address,
        traffic,
    };
    show(pass, service, &routed);
    routed
}

fn spec(service: &Value) -> Value {
    let mut traffic = service["spec"]["traffic"].clone();
    for target in traffic.as_array_mut().into_iter().flatten() {
        if target["latestRevision"] == true {
            target["configurationName"] = meta(service, "name").into();
        }
    }
    json!({ "traffic": traffic })
}

/// Whether traffic can go to a revision.
fn reached(pass: &Pass<'_>, namespace: &str, service: &str, revision: &str) -> End {
    let missing = |message: String| End::Bad {
        reason: "RevisionMissing".to_owned(),
        message,
    };
    if revision.is_empty() {
        let failed = pass
            .state
            .store()
            .get(kind(V1, "Configuration"), namespace, service)
            .is_some_and(|it| conditions::get(&it, "Ready") == "False");
        return match failed {
            true => missing(format!(
                "Configuration \"{service}\" does not have any ready Revision."
            )),
            false => End::Never,
        };
    }
    let found = pass
        .state
        .store()
        .get(kind(V1, "Revision"), namespace, revision);
    match found
        .map(|revision| conditions::get(&revision, "Ready").to_owned())
        .as_deref()
    {
        Some("True") => End::Good,
        Some("False") => missing(format!("Revision \"{revision}\" failed to become ready.")),
        Some(_) => End::Never,
        None => missing(format!(
            "Revision \"{revision}\" referenced in traffic not found."
        )),
    }
}

fn show(pass: &Pass<'_>, service: &Value, routed: &Routed) {
    let (namespace, name) = (meta(service, "namespace"), meta(service, "name"));
    pass.state
        .edit(kind(V1, "Route"), namespace, name, |route| {
            route["status"]["observedGeneration"] = json!(generation(route));
            route["status"]["url"] = routed.url.as_str().into();
            route["status"]["address"] = json!({ "url": routed.address });
            route["status"]["traffic"] = routed.traffic.clone();
            let (reason, message) = match &routed.end {
                End::Bad { reason, message } => (reason.as_str(), message.as_str()),
                _ => ("", ""),
            };
            let status = conditions::status_of(&routed.end);
            for condition in ["AllTrafficAssigned", "IngressReady", "Ready"] {
                conditions::set(route, condition, status, reason, message);
            }
        });
}
