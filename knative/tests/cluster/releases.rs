//! Releases as they are rendered, in small.

use std::time::Duration;

use serde_json::{Value, json};
use spindrift_knative::{Object, Release, Rollout, SecretKey, Smoke, Stage};

pub(crate) const APP: &str = "todo";
pub(crate) const NAMESPACE: &str = "todo";

/// A release with two services, a migration, a relay and a route.
pub(crate) fn release(name: &str) -> Release {
    let objects = vec![
        object(Stage::Ground, service_account("tasks")),
        object(Stage::Ground, network_policy("tasks")),
        object(Stage::Migration, job("migrate", name)),
        object(Stage::Service, service("audit", name)),
        object(Stage::Service, service("tasks", name)),
        object(Stage::Delivery, relay(name)),
        object(Stage::Delivery, ping_source("remind")),
        object(Stage::Route, route("todo")),
    ];
    Release {
        app: APP.to_owned(),
        namespace: NAMESPACE.to_owned(),
        name: name.to_owned(),
        image: format!("registry.test/todo@sha256:{name}"),
        version: "1.0.0".to_owned(),
        objects,
        smoke: vec![Smoke {
            service: "tasks".to_owned(),
            path: "/api/health".to_owned(),
        }],
        rollout: Rollout {
            steps: vec![10, 50],
            hold: Duration::from_millis(30),
            timeout: Duration::from_millis(600),
            max_errors: 5.0,
            max_latency: Some(Duration::from_millis(500)),
        },
        topics: Vec::new(),
        secrets: vec![SecretKey {
            secret: "todo".to_owned(),
            key: "database-url".to_owned(),
        }],
    }
}

/// The release with one more service and account.
pub(crate) fn larger(name: &str) -> Release {
    let mut release = release(name);
    release
        .objects
        .push(object(Stage::Ground, service_account("stats")));
    release
        .objects
        .push(object(Stage::Service, service("stats", name)));
    release
        .objects
        .sort_by(|a, b| (a.stage, a.kind(), a.name()).cmp(&(b.stage, b.kind(), b.name())));
    release
}

/// The release with a migration for after traffic has moved.
pub(crate) fn contracting(name: &str) -> Release {
    let mut release = release(name);
    let mut job = job("contract", name);
    job["metadata"]["labels"]["spindrift.dev/phase"] = "contract".into();
    release.objects.insert(2, object(Stage::Migration, job));
    release
}

pub(crate) fn object(stage: Stage, value: Value) -> Object {
    Object { stage, value }
}

fn labels(name: &str) -> Value {
    json!({
        "app.kubernetes.io/managed-by": "spindrift",
        "app.kubernetes.io/part-of": APP,
        "app.kubernetes.io/name": name,
    })
}

fn pod_labels(name: &str, release: &str) -> Value {
    let mut labels = labels(name);
    labels["spindrift.dev/release"] = release.into();
    labels
}

fn metadata(name: &str) -> Value {
    json!({ "name": name, "namespace": NAMESPACE, "labels": labels(name) })
}

pub(crate) fn service_account(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata(name),
        "automountServiceAccountToken": false,
    })
}

fn network_policy(name: &str) -> Value {
    json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
        "metadata": metadata(name),
        "spec": {
            "podSelector": { "matchLabels": { "app.kubernetes.io/name": name } },
            "policyTypes": ["Egress"],
            "egress": [],
        },
    })
}

fn job(name: &str, release: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": format!("{name}-{release}"), "namespace": NAMESPACE, "labels": labels(name),
        },
        "spec": {
            "backoffLimit": 0,
            "template": {
                "metadata": { "labels": pod_labels(name, release) },
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{ "name": name, "image": "registry.test/todo" }],
                },
            },
        },
    })
}

pub(crate) fn service(name: &str, release: &str) -> Value {
    let revision = format!("{name}-{release}");
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": metadata(name),
        "spec": {
            "template": {
                "metadata": { "name": revision, "labels": pod_labels(name, release) },
                "spec": {
                    "serviceAccountName": "tasks",
                    "containers": [{
                        "name": "user-container",
                        "image": format!("registry.test/todo@sha256:{release}"),
                        "args": ["serve", "--component", name],
                    }],
                },
            },
            "traffic": [{ "revisionName": revision, "percent": 100 }],
        },
    })
}

fn relay(release: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata("relay"),
        "spec": {
            "replicas": 2,
            "selector": { "matchLabels": { "app.kubernetes.io/name": "relay" } },
            "template": {
                "metadata": { "labels": pod_labels("relay", release) },
                "spec": { "containers": [{
                    "name": "relay",
                    "image": format!("registry.test/todo@sha256:{release}"),
                }] },
            },
        },
    })
}

fn ping_source(name: &str) -> Value {
    json!({
        "apiVersion": "sources.knative.dev/v1", "kind": "PingSource",
        "metadata": metadata(name),
        "spec": {
            "schedule": "* * * * *",
            "sink": { "uri": "http://audit.todo.svc.cluster.local/_events/remind" },
        },
    })
}

pub(crate) fn kafka_source(name: &str) -> Value {
    json!({
        "apiVersion": "sources.knative.dev/v1", "kind": "KafkaSource",
        "metadata": metadata(name),
        "spec": {
            "bootstrapServers": ["kafka:9092"],
            "topics": ["todo-events"],
            "sink": { "uri": "http://audit.todo.svc.cluster.local/_events/audit" },
        },
    })
}

pub(crate) fn kafka_topic(name: &str) -> Value {
    json!({
        "apiVersion": "kafka.strimzi.io/v1", "kind": "KafkaTopic",
        "metadata": metadata(name),
        "spec": { "partitions": 12, "replicas": 1 },
    })
}

fn route(name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": metadata(name),
        "spec": {
            "parentRefs": [{ "name": "gateway" }],
            "hostnames": ["todo.example.test"],
            "rules": [{ "backendRefs": [{ "name": "gateway", "port": 80 }] }],
        },
    })
}
