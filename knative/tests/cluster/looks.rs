//! Status and logs.

use futures::StreamExt;
use spindrift_knative::cluster::LogOptions;

use crate::releases::release;
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
