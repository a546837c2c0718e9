//! Status and logs.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use spindrift_knative::Stage;
use spindrift_knative::cluster::LogOptions;
use spindrift_test_kube::Outcome;

use crate::releases::{kafka_source, object, release};
use crate::world::World;

#[tokio::test]
async fn the_status_tells_of_services_deliveries_and_releases() {
    let world = World::serving().await;
    let status = world.cluster.status("todo", "todo").await.unwrap();
    assert_eq!(status.release.as_deref(), Some("r1"));
    assert_eq!(status.releases.len(), 1);
    let tasks = status.services.iter().find(|s| s.name == "tasks").unwrap();
    assert!(tasks.ready);
    assert_eq!(tasks.pods, 1);
    assert_eq!(tasks.traffic[0].revision, "tasks-r1");
    let relay = status
        .deliveries
        .iter()
        .find(|d| d.name == "relay")
        .unwrap();
    assert!(relay.ready, "{relay:?}");
    serde_json::to_string(&status).unwrap();
    world.assert_tidy();
}

#[tokio::test]
async fn an_application_that_is_not_there_has_an_empty_status() {
    let world = World::new().await;
    let status = world.cluster.status("todo", "todo").await.unwrap();
    assert_eq!(status.release, None);
    assert!(status.services.is_empty() && status.deliveries.is_empty());
}

#[tokio::test]
async fn the_logs_are_those_of_the_release_that_serves_by_service() {
    let world = World::serving().await;
    world.deploy(&release("r2")).await.unwrap();
    world.server.log("tasks-r1-*", "user-container", "old\n");
    world
        .server
        .log("tasks-r2-*", "user-container", "one\ntwo\n");
    world.server.log("audit-r2-*", "user-container", "heard\n");
    let lines = |services: &[&str]| {
        let options = LogOptions {
            services: services.iter().map(|name| (*name).to_owned()).collect(),
            ..LogOptions::default()
        };
        let stream = world.cluster.logs("todo", "todo", options);
        async {
            let lines: Vec<_> = stream.await.unwrap().collect().await;
            let mut lines: Vec<_> = lines
                .into_iter()
                .map(|line| format!("{}: {}", line.service, line.text))
                .collect();
            lines.sort();
            lines
        }
    };
    assert_eq!(
        lines(&[]).await,
        ["audit: heard", "tasks: one", "tasks: two"]
    );
    assert_eq!(lines(&["audit"]).await, ["audit: heard"]);
    world.assert_tidy();
}

#[tokio::test]
async fn a_source_that_does_not_work_is_in_the_status_with_its_reason() {
    let world = World::new().await;
    let mut first = release("r1");
    first
        .objects
        .push(object(Stage::Delivery, kafka_source("audit")));
    world.deploy(&first).await.unwrap();
    let source = async || {
        let status = world.cluster.status("todo", "todo").await.unwrap();
        let mut deliveries = status.deliveries.into_iter();
        deliveries
            .find(|d| d.kind == "KafkaSource" && d.name == "audit")
            .unwrap()
    };
    assert!(source().await.ready);
    let outcome = Outcome::fails("SinkNotFound", "there is no such service");
    world.server.control("kafkasources/audit", outcome);
    let touch = |source: &mut serde_json::Value| source["spec"]["consumers"] = 2.into();
    let of = "kafkasources.sources.knative.dev";
    world.server.edit(of, "todo", "audit", touch);
    let deadline = tokio::time::Instant::now() + Duration::from_secs(5);
    while source().await.ready {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    let reason = source().await.reason.unwrap();
    assert!(reason.contains("there is no such service"), "{reason}");
}

#[tokio::test]
async fn of_each_pod_only_the_last_lines_are_told_when_few_are_wanted() {
    let world = World::serving().await;
    let text = "one\ntwo\nthree\n";
    world.server.log("tasks-r1-*", "user-container", text);
    let options = LogOptions {
        services: vec!["tasks".to_owned()],
        tail: Some(2),
        ..LogOptions::default()
    };
    let lines = world.cluster.logs("todo", "todo", options).await.unwrap();
    let lines: Vec<_> = lines.map(|line| line.text).collect().await;
    assert_eq!(lines, ["two", "three"]);
}

#[tokio::test]
async fn who_follows_hears_of_pods_that_start_later() {
    let world = World::serving().await;
    world.server.log("tasks-r1-*", "user-container", "one\n");
    let options = LogOptions {
        services: vec!["tasks".to_owned()],
        follow: true,
        ..LogOptions::default()
    };
    let mut lines = pin!(world.cluster.logs("todo", "todo", options).await.unwrap());
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(10), lines.next()).await;
        line.unwrap().unwrap()
    };
    let first = next().await;
    let mut pods = world.server.list("pods", "todo").into_iter();
    let mut pod = pods
        .find(|pod| pod["metadata"]["name"] == first.pod)
        .unwrap();
    pod["metadata"] = serde_json::json!({
        "name": "tasks-r1-later", "namespace": "todo", "labels": pod["metadata"]["labels"],
    });
    world.server.put(pod);
    let second = next().await;
    assert_eq!(
        (second.pod.as_str(), second.text.as_str()),
        ("tasks-r1-later", "one")
    );
}
