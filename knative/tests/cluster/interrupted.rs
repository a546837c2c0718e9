//! Deployers that are killed, and the next one.

use spindrift_knative::cluster::{Event, Options};
use spindrift_test_kube::Outcome;

use crate::releases::{larger, release};
use crate::world::{Teller, World};

/// Deploys r2 and dies at an event: the future is dropped, nothing is undone, and the
/// lease is left to run out.
async fn killed(world: &World, at: impl Fn(&Event) -> bool + Send + Sync) {
    let (sender, dead) = tokio::sync::oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let teller = Teller::new(|event| {
        if at(event)
            && let Some(sender) = sender.lock().unwrap().take()
        {
            sender.send(()).unwrap();
        }
    });
    let second = larger("r2");
    tokio::select! {
        biased;
        _ = dead => {}
        ended = world.deploy_telling(&second, &teller) => panic!("it ended: {ended:?}"),
    }
    assert_eq!(world.state("r2"), "deploying");
    world.server.edit(
        "leases.coordination.k8s.io",
        "todo",
        "todo-deploy",
        |lease| {
            lease["spec"]["renewTime"] = "2020-01-01T00:00:00.000000Z".into();
        },
    );
}

fn at_half(event: &Event) -> bool {
    matches!(event, Event::Traffic { percent: 50, .. })
}

fn at_the_start(event: &Event) -> bool {
    matches!(event, Event::Service { .. })
}

#[tokio::test]
async fn the_same_release_goes_on() {
    for at in [at_the_start, at_half] {
        let world = World::serving().await;
        killed(&world, at).await;
        world.deploy(&larger("r2")).await.unwrap();
        world.assert_serves("r2");
        assert_eq!(world.state("r1"), "replaced");
    }
}

#[tokio::test]
async fn another_release_takes_the_interrupted_one_back_first() {
    for at in [at_the_start, at_half] {
        let world = World::serving().await;
        killed(&world, at).await;
        world.deploy(&release("r3")).await.unwrap();
        world.assert_serves("r3");
        assert_eq!(world.state("r2"), "failed");
        assert_eq!(world.state("r1"), "replaced");
        assert!(
            !world
                .names(crate::world::SERVICES)
                .contains(&"stats".to_owned())
        );
    }
}

#[tokio::test]
async fn going_on_and_failing_goes_back_to_where_the_first_one_began() {
    let world = World::serving().await;
    let kept = world.keep();
    killed(&world, at_half).await;
    let outcome = Outcome::fails("BackoffLimitExceeded", "it failed");
    world.server.control("jobs/todo-smoke-*", outcome);
    world.deploy(&larger("r2")).await.unwrap_err();
    world.assert_nothing_of("r2", &kept);
}

#[tokio::test]
async fn a_rollback_takes_an_interrupted_release_back() {
    let world = World::serving().await;
    let kept = world.keep();
    killed(&world, at_half).await;
    let options = Options::default();
    world
        .cluster
        .rollback("todo", "todo", None, &options, &())
        .await
        .unwrap();
    world.assert_nothing_of("r2", &kept);
}
