use spindrift_knative::cluster::{Error, Options, Outcome};

use crate::releases::{contracting, release};
use crate::world::{REVISIONS, World};

async fn back(world: &World, to: Option<&str>, force: bool) -> Result<Outcome, Error> {
    let options = Options {
        force,
        ..Options::default()
    };
    world
        .cluster
        .rollback("todo", "todo", to, &options, &())
        .await
}

#[tokio::test]
async fn all_traffic_and_the_relay_go_back_to_the_last_release_that_served() {
    let world = World::serving().await;
    world.deploy(&release("r2")).await.unwrap();
    let outcome = back(&world, None, false).await.unwrap();
    assert_eq!(outcome.release, "r1");
    world.assert_serves("r1");
    assert_eq!(world.state("r2"), "rolled-back");
    assert_eq!(world.cluster.diff(&release("r1")).await.unwrap(), []);

    world.deploy(&release("r2")).await.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_release_whose_revisions_are_gone_is_refused_and_nothing_moves() {
    let world = World::serving().await;
    world.deploy(&release("r2")).await.unwrap();
    world.server.delete(REVISIONS, "todo", "audit-r1");
    let error = back(&world, None, false).await.unwrap_err();
    assert!(error.to_string().contains("audit-r1 is gone"), "{error}");
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_contract_migration_since_then_is_a_reason_to_refuse() {
    let world = World::serving().await;
    world.deploy(&contracting("r2")).await.unwrap();
    let error = back(&world, None, false).await.unwrap_err();
    assert!(
        error.to_string().contains("ran a contract migration"),
        "{error}"
    );
    world.assert_serves("r2");
    back(&world, None, true).await.unwrap();
    world.assert_serves("r1");
}

#[tokio::test]
async fn unknown_releases_are_refused_with_those_that_are_known() {
    let world = World::serving().await;
    let error = back(&world, Some("r9"), false).await.unwrap_err();
    assert!(error.to_string().contains("known are r1"), "{error}");
    let error = back(&world, None, false).await.unwrap_err();
    assert!(error.to_string().contains("no earlier release"), "{error}");
}
