//! The deployer's Roles.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use serde_json::{Value, json};
use spindrift_knative::cluster::{LogOptions, Options, roles};
use spindrift_knative::{Release, Stage};
use spindrift_test_kube::{Call, Options as ServerOptions, Outcome, Server};

use crate::releases::{APP, NAMESPACE, kafka_source, kafka_topic, object, release};
use crate::watched::metrics;
use crate::world::{World, role, target, timing};

#[tokio::test]
async fn everything_that_is_not_granted_is_named_at_once_with_the_role() {
    let world = World::new().await;
    let options = ServerOptions {
        namespace: "todo".to_owned(),
        ..ServerOptions::default()
    };
    let server = Server::start(options).await.unwrap();
    let mut narrow = role();
    let rules = narrow["rules"].as_array_mut().unwrap();
    rules.retain(|rule| {
        rule["apiGroups"] != json!(["batch"]) && rule["resources"] != json!(["pods/log"])
    });
    server.bind(&narrow, Some("todo"));
    let cluster = spindrift_knative::cluster::Cluster::connect(&target(&server), timing())
        .await
        .unwrap();
    let error = cluster
        .preflight(&release("r1"), &Default::default())
        .await
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "create jobs.batch",
        "get pods/log",
        "kind: Role",
        "todo-deployer",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    world.assert_tidy();
}

#[tokio::test]
async fn the_role_has_nothing_that_is_never_used() {
    let mut narrow = role();
    let rules = narrow["rules"].as_array_mut().unwrap();
    for rule in rules {
        assert!(!rule["verbs"].as_array().unwrap().contains(&json!("*")));
        assert_ne!(rule["resources"], json!(["*"]));
        if rule["resources"] == json!(["secrets"]) {
            assert_eq!(rule["verbs"], json!(["get"]));
            assert_eq!(rule["resourceNames"], json!(["todo"]));
        }
    }
}

/// Where Strimzi keeps its brokers, and so its topics.
fn with_topics_elsewhere(name: &str) -> Release {
    let mut release = release(name);
    let mut topic = kafka_topic("todo-events");
    topic["metadata"]["namespace"] = "kafka".into();
    release.objects.insert(0, object(Stage::Ground, topic));
    release
}

#[tokio::test]
async fn what_is_in_another_namespace_has_a_role_there() {
    let world = World::new().await;
    world.server.namespace("kafka");
    let release = with_topics_elsewhere("r1");
    let granted = roles(&release);
    let places: Vec<_> = granted.iter().map(|role| &role.namespace).collect();
    assert_eq!(places, ["todo", "kafka"]);
    assert_eq!(granted[1].rules.len(), 1);

    let error = world.deploy(&release).await.unwrap_err().to_string();
    for part in [
        "may not get kafkatopics.kafka.strimzi.io",
        "in namespace kafka",
        "namespace: kafka",
    ] {
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
    world.assert_tidy();

    let there = granted[1].object(APP);
    world.server.bind(&there, Some("kafka"));
    world.deploy(&release).await.unwrap();
    world.assert_serves("r1");
    let topics = world.server.list("kafkatopics.kafka.strimzi.io", "kafka");
    assert_eq!(topics.len(), 1);
}

/// What a CronJob is to do.
fn daily() -> Value {
    let container = json!({ "name": "backup", "image": "registry.test/todo" });
    let pod = json!({ "restartPolicy": "Never", "containers": [container] });
    json!({
        "schedule": "17 2 * * *",
        "jobTemplate": { "spec": { "template": { "spec": pod } } },
    })
}

/// A release with an object of every kind that one may have.
fn with_every_kind(name: &str) -> Release {
    let mut release = release(name);
    let of = |group: &str, kind: &str, name: &str, spec: Value| {
        json!({
            "apiVersion": group, "kind": kind,
            "metadata": {
                "name": name, "namespace": NAMESPACE,
                "labels": {
                    "app.kubernetes.io/managed-by": "spindrift",
                    "app.kubernetes.io/part-of": APP,
                },
            },
            "spec": spec,
        })
    };
    let issuer = json!({ "name": "letsencrypt", "kind": "ClusterIssuer" });
    let tasks =
        json!({ "apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "tasks" });
    let selector = json!({ "matchLabels": { "app.kubernetes.io/part-of": APP } });
    release.objects.extend([
        object(Stage::Ground, kafka_topic("todo-events")),
        object(Stage::Delivery, kafka_source("audit")),
        object(
            Stage::Delivery,
            of(
                "eventing.knative.dev/v1alpha1",
                "KafkaSink",
                "todo-events.dlq",
                json!({ "topic": "todo-events.dlq", "bootstrapServers": ["kafka:9092"] }),
            ),
        ),
        object(
            Stage::Route,
            of(
                "serving.knative.dev/v1beta1",
                "DomainMapping",
                "todo.example.test",
                json!({ "ref": tasks }),
            ),
        ),
        object(
            Stage::Route,
            of(
                "cert-manager.io/v1",
                "Certificate",
                "todo",
                json!({ "secretName": "tls", "dnsNames": ["todo.example.test"], "issuerRef": issuer }),
            ),
        ),
        object(
            Stage::Ground,
            of(
                "monitoring.coreos.com/v1",
                "PodMonitor",
                "todo",
                json!({ "selector": selector, "podMetricsEndpoints": [{ "port": "admin" }] }),
            ),
        ),
        object(
            Stage::Ground,
            of(
                "dapr.io/v1alpha1",
                "Component",
                "todo",
                json!({ "type": "pubsub.kafka", "version": "v1", "metadata": [] }),
            ),
        ),
        object(Stage::Ground, of("batch/v1", "CronJob", "todo-backup", daily())),
        object(
            Stage::Ground,
            of(
                "policy/v1",
                "PodDisruptionBudget",
                "tasks",
                json!({ "maxUnavailable": 1, "selector": selector }),
            ),
        ),
    ]);
    release
        .objects
        .sort_by(|a, b| (a.stage, a.kind(), a.name()).cmp(&(b.stage, b.kind(), b.name())));
    release
}

/// What a Role grants, one permission after the other: verb, resource, name.
fn permissions(role: &Value) -> BTreeSet<(String, String, String)> {
    let texts = |value: &Value| -> Vec<String> {
        let values = value.as_array().into_iter().flatten();
        values.map(|v| v.as_str().unwrap().to_owned()).collect()
    };
    let mut all = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        let (group, resource) = (&texts(&rule["apiGroups"])[0], &texts(&rule["resources"])[0]);
        let resource = match group.is_empty() {
            true => resource.clone(),
            false => format!("{resource}.{group}"),
        };
        let names = texts(&rule["resourceNames"]);
        for verb in texts(&rule["verbs"]) {
            let any = [String::new()];
            let names = if names.is_empty() {
                &any[..]
            } else {
                &names[..]
            };
            all.extend(
                names
                    .iter()
                    .map(|name| (verb.clone(), resource.clone(), name.clone())),
            );
        }
    }
    all
}

/// What a call needed. To apply what is not there yet takes the right to create it, too.
fn needed(call: &Call, role: &BTreeSet<(String, String, String)>) -> Vec<(String, String, String)> {
    let mut verbs = vec![call.verb];
    if call.verb == "patch" && call.status == 201 {
        verbs.push("create");
    }
    let permission =
        |verb: &str, name: &str| (verb.to_owned(), call.resource.clone(), name.to_owned());
    let mut all = Vec::new();
    for verb in verbs {
        let named = permission(verb, &call.name);
        match role.contains(&named) {
            true => all.push(named),
            false => all.push(permission(verb, "")),
        }
    }
    all
}

#[tokio::test]
async fn every_permission_of_the_role_is_needed() {
    let world = World::new().await;
    let first = with_every_kind("r1");
    world.deploy(&first).await.unwrap();
    // Without what is pruned, and back.
    world.deploy(&release("r2")).await.unwrap();
    let options = Options::default();
    let back = world.cluster.rollback("todo", "todo", None, &options, &());
    drop(back.await);
    world.cluster.status("todo", "todo").await.unwrap();
    let logs = world.cluster.logs("todo", "todo", LogOptions::default());
    drop(logs.await.unwrap().collect::<Vec<_>>().await);
    // A release that fails is looked into and taken back.
    world.server.control(
        "revisions/tasks-r3",
        Outcome::fails("CrashLoopBackOff", "it ended"),
    );
    world.deploy(&with_every_kind("r3")).await.unwrap_err();
    // Whose metrics are watched.
    metrics(&world, |asked| (asked * 10, 0, 0.05));
    let mut watched = release("r4");
    // So long that the lease has to be renewed.
    watched.rollout.hold = Duration::from_secs(1);
    world.deploy(&watched).await.unwrap();
    world
        .cluster
        .delete("todo", "todo", false, &options, &())
        .await
        .unwrap();

    let granted = permissions(&role());
    let calls = world.server.calls();
    let used: BTreeSet<_> = calls
        .iter()
        .flat_map(|call| needed(call, &granted))
        .collect();
    let unused: Vec<_> = granted.difference(&used).collect();
    assert!(unused.is_empty(), "granted and never used: {unused:?}");
    world.assert_tidy();
}
