//! What says no more than that it is ready.

use serde_json::{Value, json};

use super::{End, Pass, conditions, generation, kind};
use crate::store::meta;

const KINDS: [(&str, &str); 12] = [
    ("cert-manager.io/v1", "Certificate"),
    ("eventing.knative.dev/v1", "Broker"),
    ("eventing.knative.dev/v1", "Trigger"),
    ("eventing.knative.dev/v1alpha1", "KafkaSink"),
    ("kafka.strimzi.io/v1", "KafkaTopic"),
    ("kafka.strimzi.io/v1", "KafkaUser"),
    ("keda.sh/v1alpha1", "ScaledObject"),
    ("serving.knative.dev/v1beta1", "DomainMapping"),
    ("sources.knative.dev/v1", "KafkaSource"),
    ("sources.knative.dev/v1", "PingSource"),
    ("sources.knative.dev/v1", "SinkBinding"),
    ("gateway.networking.k8s.io/v1", "HTTPRoute"),
];

pub(super) fn reconcile(pass: &mut Pass<'_>) {
    for (api_version, name) in KINDS {
        let kind = kind(api_version, name);
        for object in pass.list(kind, "", "") {
            let end = pass.end(kind, &object);
            let show = |object: &mut Value| match name {
                "HTTPRoute" => show_route(object, &end),
                _ => show(object, &end),
            };
            let (namespace, name) = (meta(&object, "namespace"), meta(&object, "name"));
            pass.state.edit(kind, namespace, name, show);
        }
    }
}

fn show(object: &mut Value, end: &End) {
    // KEDA counts no generations in its status.
    if object["kind"] != "ScaledObject" {
        object["status"]["observedGeneration"] = json!(generation(object));
    }
    let (reason, message) = match end {
        End::Bad { reason, message } => (reason.as_str(), message.as_str()),
        _ => ("", ""),
    };
    conditions::set(object, "Ready", conditions::status_of(end), reason, message);
}

/// Each gateway that a route names says for itself whether it takes it.
fn show_route(route: &mut Value, end: &End) {
    let generation = generation(route);
    let earlier = route["status"]["parents"].clone();
    let parents = route["spec"]["parentRefs"].as_array().cloned();
    let parents = parents.into_iter().flatten().enumerate();
    let shown: Vec<Value> = parents
        .map(|(index, reference)| {
            let mut parent = json!({ "status": { "conditions": earlier[index]["conditions"] } });
            let (reason, message) = match end {
                End::Good => ("Accepted", ""),
                End::Bad { reason, message } => (reason.as_str(), message.as_str()),
                End::Never => ("Pending", ""),
            };
            conditions::set(
                &mut parent,
                "Accepted",
                conditions::status_of(end),
                reason,
                message,
            );
            let refs = if *end == End::Never {
                "Unknown"
            } else {
                "True"
            };
            conditions::set(&mut parent, "ResolvedRefs", refs, "ResolvedRefs", "");
            let mut conditions = parent["status"]["conditions"].take();
            for condition in conditions.as_array_mut().into_iter().flatten() {
                condition["observedGeneration"] = json!(generation);
                let text = condition["message"].as_str().unwrap_or_default().to_owned();
                condition["message"] = text.into();
            }
            json!({
                "parentRef": reference, "controllerName": "example.test/gateway",
                "conditions": conditions,
            })
        })
        .collect();
    route["status"] = json!({ "parents": shown });
}
