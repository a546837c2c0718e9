use spindrift_knative::cluster::{Action, Options};

use crate::releases::{larger, release};
use crate::world::World;

#[tokio::test]
async fn nothing_differs_after_a_release() {
    let world = World::serving().await;
    assert_eq!(world.cluster.diff(&release("r1")).await.unwrap(), []);
    world.deploy(&release("r2")).await.unwrap();
    assert_eq!(world.cluster.diff(&release("r2")).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_release_would_change_is_shown() {
    let world = World::new().await;
    world.deploy(&larger("r1")).await.unwrap();
    let changes = world.cluster.diff(&release("r2")).await.unwrap();
    let shown = |kind: &str, name: &str| {
        let change = changes
            .iter()
            .find(|c| (c.kind.as_str(), c.name.as_str()) == (kind, name));
        change.unwrap_or_else(|| panic!("no change of {kind}/{name}"))
    };
    assert_eq!(shown("Service", "stats").action, Action::Delete);
    let tasks = shown("Service", "tasks");
    assert_eq!(tasks.action, Action::Change);
    assert!(tasks.diff.contains("name: tasks-r1\n") && tasks.diff.contains("name: tasks-r2\n"));
    assert!(!changes.iter().any(|change| change.kind == "Job"));
}

#[tokio::test]
async fn what_somebody_changed_by_hand_is_shown_and_put_right() {
    let world = World::serving().await;
    world
        .server
        .edit("deployments.apps", "todo", "relay", |relay| {
            relay["spec"]["replicas"] = 7.into();
        });
    let changes = world.cluster.diff(&release("r1")).await.unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert!(
        changes[0].diff.contains("-  replicas: 7\n+  replicas: 2\n"),
        "{}",
        changes[0].diff
    );
    let options = Options {
        force: true,
        ..Options::default()
    };
    let first = release("r1");
    world.cluster.deploy(&first, &options, &()).await.unwrap();
    assert_eq!(world.cluster.diff(&first).await.unwrap(), []);
    world.assert_serves("r1");
}
