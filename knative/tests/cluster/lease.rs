//! Two deployers.

use std::time::Duration;

use serde_json::{Value, json};
use spindrift_knative::cluster::{Error, Event, Options};

use crate::releases::release;
use crate::world::{Teller, World};

const LEASES: &str = "leases.coordination.k8s.io";

fn lease(holder: &str, renewed: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": { "name": "todo-deploy", "namespace": "todo" },
        "spec": {
            "holderIdentity": holder, "leaseDurationSeconds": 30,
            "acquireTime": "2026-01-01T00:00:00.000000Z", "renewTime": renewed,
        },
    })
}

fn in_force() -> Value {
    lease("ann@laptop/7", "2126-01-01T00:00:00.000000Z")
}

#[tokio::test]
async fn a_second_deployer_is_told_who_is_at_it() {
    let world = World::serving().await;
    world.server.put(in_force());
    let error = world.deploy(&release("r2")).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("ann@laptop/7"), "{text}");
    assert!(text.contains("since 2026-01-01"), "{text}");
    assert_eq!(world.state("r2"), "");
}

#[tokio::test]
async fn a_second_deployer_waits_when_told_to() {
    let world = World::serving().await;
    world.server.put(in_force());
    let options = Options {
        wait: Some(Duration::from_secs(30)),
        ..Options::default()
    };
    let second = release("r2");
    let deploy = world.cluster.deploy(&second, &options, &());
    let leave = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(world.state("r2"), "");
        world.server.delete(LEASES, "todo", "todo-deploy");
    };
    let (outcome, ()) = tokio::join!(deploy, leave);
    outcome.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_lease_that_nobody_renews_is_taken_over() {
    let world = World::serving().await;
    world
        .server
        .put(lease("ann@laptop/7", "2026-01-01T00:00:00.000000Z"));
    world.deploy(&release("r2")).await.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn of_two_deployers_at_once_one_works() {
    let world = World::serving().await;
    let (second, third) = (release("r2"), release("r3"));
    let other = world.cluster.held_by("bob@desk/8");
    let options = Options::default();
    let (one, two) = tokio::join!(
        world.cluster.deploy(&second, &options, &()),
        other.deploy(&third, &options, &()),
    );
    let (refused, serves) = match (one, two) {
        (Ok(_), Err(refused)) => (refused, "r2"),
        (Err(refused), Ok(_)) => (refused, "r3"),
        both => panic!("{both:?}"),
    };
    assert!(matches!(refused, Error::Held { .. }), "{refused}");
    world.assert_serves(serves);
}

#[tokio::test]
async fn who_loses_the_lease_leaves_everything_to_the_other() {
    let world = World::serving().await;
    let teller = Teller::new(|event| {
        if matches!(event, Event::Traffic { percent: 50, .. }) {
            world.server.put(in_force());
        }
    });
    let mut second = release("r2");
    second.rollout.hold = Duration::from_secs(10);
    second.rollout.steps = vec![50];
    let error = world.deploy_telling(&second, &teller).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::LeaseLost { .. }), "{text}");
    assert!(text.contains("ann@laptop/7 has taken it"), "{text}");
    assert_eq!(world.state("r2"), "deploying");
    assert_eq!(world.traffic("tasks").len(), 2);
    assert_eq!(world.names(LEASES), ["todo-deploy"]);
}
