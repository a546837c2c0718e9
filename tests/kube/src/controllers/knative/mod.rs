//! Knative Serving: a service has a configuration, which has revisions, and a route.
//!
//! <https://github.com/knative/specs/blob/main/specs/serving/overview.md>

mod revision;
mod route;

use std::sync::Arc;

use serde_json::{Value, json};

use super::{End, Pass, conditions, generation, kind, owned_by};
use crate::store::meta;

/// The group's version.
const V1: &str = "serving.knative.dev/v1";
/// The label that keeps a service inside the cluster.
const VISIBILITY: &str = "networking.knative.dev/visibility";

/// The latest revision that was made of a template, and what can be said of it.
struct Latest {
    name: String,
    end: End,
}

pub(super) fn reconcile(pass: &mut Pass<'_>) {
    for service in pass.list(kind(V1, "Service"), "", "") {
        let configuration = configuration(pass, &service);
        let latest = revision::reconcile(pass, &service, &configuration);
        let ready = show_configuration(pass, &configuration, &latest);
        let route = route::reconcile(pass, &service, &ready);
        show_service(pass, &service, &latest, &ready, &route);
    }
}

/// The part of a service that bears its name and follows its specification.
fn part(pass: &Pass<'_>, service: &Value, name: &str, spec: &Value) -> Arc<Value> {
    let of = kind(V1, name);
    let mut labels = service["metadata"]["labels"].clone();
    labels["serving.knative.dev/service"] = meta(service, "name").into();
    let object = json!({
        "apiVersion": V1, "kind": name,
        "metadata": {
            "name": meta(service, "name"), "namespace": meta(service, "namespace"),
            "labels": labels, "ownerReferences": owned_by(service),
        },
        "spec": spec,
    });
    let (namespace, name) = (meta(service, "namespace"), meta(service, "name"));
    let made = pass.state.make(of, object);
    pass.state.edit(of, namespace, name, |part| {
        part["spec"] = spec.clone();
        part["metadata"]["labels"] = labels;
    });
    pass.state.store().get(of, namespace, name).unwrap_or(made)
}

fn configuration(pass: &Pass<'_>, service: &Value) -> Arc<Value> {
    let spec = json!({ "template": service["spec"]["template"] });
    part(pass, service, "Configuration", &spec)
}

/// The name of the latest revision that is ready; empty when none is.
fn show_configuration(pass: &Pass<'_>, configuration: &Value, latest: &Latest) -> String {
    let of = kind(V1, "Configuration");
    let namespace = meta(configuration, "namespace");
    let earlier = configuration["status"]["latestReadyRevisionName"].as_str();
    let is_there = |name: &&str| {
        let found = pass
            .state
            .store()
            .get(kind(V1, "Revision"), namespace, name);
        found.is_some_and(|revision| conditions::get(&revision, "Ready") == "True")
    };
    let ready = match latest.end {
        End::Good => latest.name.clone(),
        _ => earlier.filter(is_there).unwrap_or_default().to_owned(),
    };
    pass.state
        .edit(of, namespace, meta(configuration, "name"), |object| {
            name_revisions(object, latest, &ready);
            let (reason, message) = failure(latest);
            let status = conditions::status_of(&latest.end);
            conditions::set(object, "Ready", status, reason, &message);
        });
    ready
}

fn name_revisions(object: &mut Value, latest: &Latest, ready: &str) {
    object["status"]["observedGeneration"] = json!(generation(object));
    object["status"]["latestCreatedRevisionName"] = latest.name.as_str().into();
    if ready.is_empty() {
        if let Some(status) = object["status"].as_object_mut() {
            status.remove("latestReadyRevisionName");
        }
    } else {
        object["status"]["latestReadyRevisionName"] = ready.into();
    }
}

/// What a configuration says of a revision that failed.
fn failure(latest: &Latest) -> (&'static str, String) {
    match &latest.end {
        End::Bad { message, .. } => {
            let name = &latest.name;
            (
                "RevisionFailed",
                format!("Revision \"{name}\" failed with message: {message}."),
            )
        }
        _ => ("", String::new()),
    }
}

fn show_service(
    pass: &Pass<'_>,
    service: &Value,
    latest: &Latest,
    ready: &str,
    route: &route::Routed,
) {
    let of = kind(V1, "Service");
    let (namespace, name) = (meta(service, "namespace"), meta(service, "name"));
    pass.state.edit(of, namespace, name, |object| {
        if generation(object) != generation(service) {
            // It was changed meanwhile: the next look is about that.
            return;
        }
        name_revisions(object, latest, ready);
        object["status"]["url"] = route.url.as_str().into();
        object["status"]["address"] = json!({ "url": route.address });
        object["status"]["traffic"] = route.traffic.clone();
        let configured = conditions::status_of(&latest.end);
        let (reason, message) = failure(latest);
        conditions::set(object, "ConfigurationsReady", configured, reason, &message);
        let routed = conditions::status_of(&route.end);
        let (why, text) = match &route.end {
            End::Bad { reason, message } => (reason.as_str(), message.as_str()),
            _ => ("", ""),
        };
        conditions::set(object, "RoutesReady", routed, why, text);
        match (configured, routed) {
            ("False", _) => conditions::set(object, "Ready", "False", reason, &message),
            (_, "False") => conditions::set(object, "Ready", "False", why, text),
            ("True", "True") => conditions::set(object, "Ready", "True", "", ""),
            _ => conditions::set(object, "Ready", "Unknown", "", ""),
        }
    });
}
