//! What the application's profiles want of a cluster is what the platform's give.

use anyhow::Context;
use toml_edit::{DocumentMut, Item};

use spindrift_test_infra::text;

use crate::source::{Document, Step, of};

/// A profile of the application.
pub(crate) fn application(name: &str) -> anyhow::Result<DocumentMut> {
    Ok(text(&format!("knative/profiles/{name}.toml"))?.parse()?)
}

/// What is missing for `wants` on a platform that runs `given`.
pub(crate) fn missing(
    profile: &str,
    wants: &DocumentMut,
    given: &[String],
    steps: &[Step],
    manifests: &[Document],
) -> anyhow::Result<Vec<String>> {
    let item = |table: &str, key: &str| wants.get(table)?.get(key);
    let text = |table: &str, key: &str| item(table, key)?.as_str();
    let flag = |table: &str, key: &str| item(table, key).and_then(Item::as_bool) == Some(true);
    let mut found = Vec::new();
    let mut need = |step: &str, why: &str| {
        if !given.iter().any(|one| one == step) {
            found.push(format!("{profile}: {why} needs the step {step}"));
        }
    };
    need("knative-serving", "everything");
    need("application", "everything");
    if text("delivery", "mode") == Some("knative") {
        need("knative-eventing", "delivery.mode = \"knative\"");
    }
    let gateway = text("routing", "mode") == Some("gateway");
    if gateway {
        need("gateway", "routing.mode = \"gateway\"");
    }
    if text("kafka", "topics") == Some("strimzi") {
        need("kafka-strimzi", "kafka.topics = \"strimzi\"");
    }
    if flag("monitoring", "pod_monitor") {
        need("monitoring", "monitoring.pod_monitor");
    }
    if flag("dapr", "enabled") {
        need("dapr", "dapr.enabled");
    }
    let consumers = item("kafka", "max_consumers").and_then(Item::as_integer);
    if consumers.is_some_and(|consumers| consumers > 0) {
        need("keda", "kafka.max_consumers");
    }
    if text("routing", "issuer").is_some() {
        need("cert-manager", "routing.issuer");
    }

    let has = |kind: &str, name: &str, namespace: &str| {
        manifests.iter().any(|one| {
            of(&one.value, "/kind") == kind
                && of(&one.value, "/metadata/name") == name
                && of(&one.value, "/metadata/namespace") == namespace
        })
    };
    let mut object = |kind: &str, name: &str, namespace: &str| {
        if !has(kind, name, namespace) {
            found.push(format!(
                "{profile}: there is no {kind} {name} in {namespace:?}"
            ));
        }
    };
    let namespace = wants["namespace"]
        .as_str()
        .context("a profile has no namespace")?;
    object("Namespace", namespace, "");
    if let Some(issuer) = text("routing", "issuer") {
        object("ClusterIssuer", issuer, "");
    }
    if gateway {
        let name = text("routing", "gateway").unwrap_or("public");
        object(
            "Gateway",
            name,
            text("routing", "gateway_namespace").unwrap_or("gateways"),
        );
        let inner = text("routing", "internal_namespace").unwrap_or("kourier-system");
        let granted = manifests.iter().any(|one| {
            let from = one.value["spec"]["from"].as_array().into_iter().flatten();
            let to = one.value["spec"]["to"].as_array().into_iter().flatten();
            of(&one.value, "/kind") == "ReferenceGrant"
                && of(&one.value, "/metadata/namespace") == inner
                && from
                    .clone()
                    .any(|one| one["namespace"] == namespace && one["kind"] == "HTTPRoute")
                && to.clone().any(|one| one["name"] == "kourier-internal")
        });
        if !granted {
            found.push(format!(
                "{profile}: nothing lets its HTTPRoutes lead to kourier-internal in {inner}: \
                 the operator puts it into knative-serving, so routing.internal_namespace has to say that"
            ));
        }
    }
    found.extend(brokers(profile, wants, given, manifests));
    found.extend(secrets(profile, wants, given, steps));
    Ok(found)
}

/// The brokers that a profile names have the listener that it names.
fn brokers(
    profile: &str,
    wants: &DocumentMut,
    given: &[String],
    manifests: &[Document],
) -> Option<String> {
    let address = wants.get("variables")?.get("kafka_brokers")?.as_str()?;
    if !given.iter().any(|one| one == "kafka-strimzi") {
        return None;
    }
    let port: u64 = address.rsplit(':').next()?.parse().ok()?;
    let kafka = manifests
        .iter()
        .find(|one| of(&one.value, "/kind") == "Kafka")?;
    let listeners = kafka.value["spec"]["kafka"]["listeners"].as_array()?;
    (!listeners.iter().any(|one| one["port"] == port)).then(|| {
        format!(
            "{profile}: kafka_brokers is {address}, where nobody listens: brokers are at 9093, by TLS and \
             with a password (kafka_security_protocol, kafka_username, kafka_password as in production)"
        )
    })
}

/// Every key of a Secret that a profile refers to is made by a step.
fn secrets(profile: &str, wants: &DocumentMut, given: &[String], steps: &[Step]) -> Vec<String> {
    let namespace = wants["namespace"].as_str().unwrap_or_default();
    let mut found = Vec::new();
    for (secret, key) in references(wants.as_item()) {
        let made = steps
            .iter()
            .filter(|step| given.contains(&step.name))
            .filter_map(|step| step.instructions(profile))
            .flatten()
            .filter(|one| {
                one.verb == "secret" && one.words[0] == namespace && one.words[1] == secret
            })
            .flat_map(|one| &one.words[2..])
            .any(|word| word.split(['=', ':', '@']).next() == Some(&key));
        if !made {
            found.push(format!(
                "{profile}: no step makes the key {key} of the Secret {secret}"
            ));
        }
    }
    found
}

/// Every `{ secret = "name", key = "key" }`.
fn references(item: &Item) -> Vec<(String, String)> {
    let Some(table) = item.as_table_like() else {
        return Vec::new();
    };
    let text = |key: &str| {
        table
            .get(key)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
    };
    if let (Some(secret), Some(key)) = (text("secret"), text("key")) {
        return vec![(secret, key)];
    }
    table
        .iter()
        .flat_map(|(_, item)| references(item))
        .collect()
}
