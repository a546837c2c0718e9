use spindrift_knative::Stage;
use spindrift_knative::cluster::{Deletion, Options};

use crate::releases::{kafka_topic, object, release};
use crate::world::{REVISIONS, SERVICES, World};

async fn delete(world: &World, dry_run: bool) -> Deletion {
    let options = Options::default();
    let deleted = world.cluster.delete("todo", "todo", dry_run, &options, &());
    deleted.await.unwrap()
}

#[tokio::test]
async fn everything_goes_but_secrets_topics_and_what_is_not_ours() {
    let world = World::new().await;
    let mut first = release("r1");
    let topic = object(Stage::Ground, kafka_topic("todo-events"));
    first.objects.insert(0, topic);
    world.deploy(&first).await.unwrap();

    let would = delete(&world, true).await;
    assert_eq!(would.deleted[0], "HTTPRoute/todo");
    assert_eq!(would.kept, ["KafkaTopic/todo-events"]);
    world.assert_serves("r1");

    assert_eq!(delete(&world, false).await, would);
    for resource in [
        SERVICES,
        REVISIONS,
        "deployments.apps",
        "jobs.batch",
        "serviceaccounts",
        "configmaps",
        "leases.coordination.k8s.io",
        "httproutes.gateway.networking.k8s.io",
    ] {
        assert_eq!(world.names(resource), [""; 0], "{resource}");
    }
    assert_eq!(world.names("secrets"), ["todo"]);
    assert_eq!(world.names("kafkatopics.kafka.strimzi.io"), ["todo-events"]);
    assert!(world.server.get("namespaces", "", "todo").is_some());
    world.assert_tidy();
    assert_eq!(delete(&world, false).await.deleted, [""; 0]);
}
