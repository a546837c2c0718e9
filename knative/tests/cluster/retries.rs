//! An API server that has bad moments.

use spindrift_knative::cluster::{Cluster, Error};
use spindrift_test_kube::{Fault, Match};

use crate::releases::release;
use crate::world::{SERVICES, Teller, World, begins, target, timing};

#[tokio::test]
async fn what_passes_is_tried_again() {
    let faults = [
        Fault::too_many_requests(0).times(3),
        Fault::internal().times(2),
        Fault::timeout().times(2),
        Fault::cut().times(2),
        Fault::cut().after(),
    ];
    for fault in faults {
        let world = World::serving().await;
        world
            .server
            .on(Match::verb("patch").resource(SERVICES), fault.clone());
        world
            .server
            .on(Match::verb("get").resource("configmaps"), fault.clone());
        world.server.on(Match::verb("list").resource("pods"), fault);
        world.deploy(&release("r2")).await.unwrap();
        world.assert_serves("r2");
    }
}

#[tokio::test]
async fn the_server_says_how_long_to_wait() {
    let world = World::serving().await;
    let calls = Match::verb("patch").resource(SERVICES);
    world.server.on(calls, Fault::too_many_requests(1));
    let started = tokio::time::Instant::now();
    world.deploy(&release("r2")).await.unwrap();
    assert!(started.elapsed().as_secs() >= 1, "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_does_not_pass_is_given_up() {
    let world = World::serving().await;
    let calls = Match::verb("get").resource("leases.coordination.k8s.io");
    world.server.on(calls, Fault::internal().always());
    let error = world.deploy(&release("r2")).await.unwrap_err();
    assert!(error.to_string().contains("leader changed"), "{error}");
}

#[tokio::test]
async fn an_expired_token_is_named_as_such() {
    let world = World::serving().await;
    let teller = Teller::new(|event| {
        if begins(event, "Traffic at 50 %") {
            world
                .server
                .on(Match::any(), Fault::unauthorized().always());
        }
    });
    let error = world
        .deploy_telling(&release("r2"), &teller)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Left { .. }), "{text}");
    assert!(
        text.contains("has expired; sign in to the cluster again"),
        "{text}"
    );
    assert!(text.contains("spindrift rollback"), "{text}");

    // Signed in again, and the lease run out, the same command goes on.
    world.server.heal();
    world
        .server
        .delete("leases.coordination.k8s.io", "todo", "todo-deploy");
    world.deploy(&release("r2")).await.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_token_that_expired_before_is_named_at_once() {
    let world = World::new().await;
    world
        .server
        .on(Match::any(), Fault::unauthorized().always());
    let connected = Cluster::connect(&target(&world.server), timing()).await;
    let error = connected.err().unwrap();
    assert!(matches!(error, Error::Unauthorized { .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_its_address() {
    let world = World::new().await;
    let target = target(&world.server);
    let text = std::fs::read_to_string(world.server.kubeconfig()).unwrap();
    let text = text.replace(world.server.url(), "http://127.0.0.1:1");
    std::fs::write(world.server.kubeconfig(), text).unwrap();
    let error = Cluster::connect(&target, timing()).await.err().unwrap();
    assert!(error.to_string().contains("http://127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn a_kubeconfig_that_is_not_there_is_named() {
    let target = spindrift_knative::cluster::ClusterTarget {
        kubeconfig: Some("/nowhere/kubeconfig".into()),
        context: None,
    };
    let error = Cluster::connect(&target, timing()).await.err().unwrap();
    let text = error.to_string();
    assert!(
        text.contains("/nowhere/kubeconfig") && text.contains("KUBECONFIG"),
        "{text}"
    );
}
