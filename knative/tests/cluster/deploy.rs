use spindrift_knative::cluster::{Event, Options, State};

use crate::releases::{contracting, larger, release};
use crate::world::{REVISIONS, SERVICES, Teller, World};

#[tokio::test]
async fn a_first_release_serves_once_it_is_ready() {
    let world = World::new().await;
    let outcome = world.deploy(&release("r1")).await.unwrap();
    assert_eq!(outcome.state, State::Serving);
    world.assert_serves("r1");
    assert_eq!(world.names(SERVICES), ["audit", "tasks"]);
    assert_eq!(world.state("r1"), "serving");
    assert!(world.get("jobs.batch", "migrate-r1").is_some());
}

#[tokio::test]
async fn traffic_moves_to_a_second_release_in_steps() {
    let world = World::serving().await;
    let seen = std::sync::Mutex::new(Vec::new());
    let teller = Teller::new(|event| {
        if let Event::Traffic { .. } = event {
            seen.lock().unwrap().push(world.traffic("tasks"));
        }
    });
    world.deploy_telling(&release("r2"), &teller).await.unwrap();
    let share = |r1, r2| vec![("tasks-r1".to_owned(), r1), ("tasks-r2".to_owned(), r2)];
    let expected = vec![
        share(90, 10),
        share(50, 50),
        vec![("tasks-r2".to_owned(), 100)],
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    world.assert_serves("r2");
    assert_eq!(world.state("r1"), "replaced");
}

#[tokio::test]
async fn the_last_release_is_kept_to_go_back_to_and_older_ones_are_not() {
    let world = World::serving().await;
    world.deploy(&release("r2")).await.unwrap();
    assert!(world.get(REVISIONS, "tasks-r1").is_some());
    world.deploy(&release("r3")).await.unwrap();
    let mut revisions = world.names(REVISIONS);
    revisions.sort();
    assert_eq!(revisions, ["audit-r2", "audit-r3", "tasks-r2", "tasks-r3"]);
    world.assert_serves("r3");
}

#[tokio::test]
async fn what_left_the_release_is_deleted() {
    let world = World::new().await;
    world.deploy(&larger("r1")).await.unwrap();
    assert!(world.get(SERVICES, "stats").is_some());
    let outcome = world.deploy(&release("r2")).await.unwrap();
    assert_eq!(outcome.pruned, ["Service/stats", "ServiceAccount/stats"]);
    assert!(world.get(SERVICES, "stats").is_none());
    world.assert_serves("r2");
}

#[tokio::test]
async fn what_others_made_is_left_alone() {
    let world = World::serving().await;
    let mut theirs = crate::releases::service_account("theirs");
    theirs["metadata"]["labels"] = serde_json::json!({ "app.kubernetes.io/part-of": "todo" });
    world.server.put(theirs);
    world.deploy(&release("r2")).await.unwrap();
    assert!(world.get("serviceaccounts", "theirs").is_some());
    assert!(world.get("secrets", "todo").is_some());
}

#[tokio::test]
async fn a_topic_that_left_the_release_is_told_of_and_kept() {
    let world = World::new().await;
    let mut first = release("r1");
    let topic = crate::releases::kafka_topic("todo-events");
    let topic = crate::releases::object(spindrift_knative::Stage::Ground, topic);
    first.objects.insert(0, topic);
    world.deploy(&first).await.unwrap();
    let outcome = world.deploy(&release("r2")).await.unwrap();
    assert!(
        outcome.notes[0].contains("KafkaTopic/todo-events"),
        "{:?}",
        outcome.notes
    );
    assert_eq!(world.names("kafkatopics.kafka.strimzi.io"), ["todo-events"]);
}

#[tokio::test]
async fn a_release_that_serves_already_is_not_deployed_again() {
    let world = World::serving().await;
    let before = world.server.calls().len();
    let outcome = world.deploy(&release("r1")).await.unwrap();
    assert!(outcome.unchanged);
    let calls = world.server.calls().split_off(before);
    let wrote = |call: &&spindrift_test_kube::Call| {
        !call.dry_run
            && ["create", "update", "patch", "delete"].contains(&call.verb)
            && !call.resource.contains("lease")
            && !call.resource.contains("selfsubjectaccessreviews")
    };
    assert_eq!(calls.iter().find(wrote), None);
    world.assert_serves("r1");
}

#[tokio::test]
async fn a_release_without_traffic_waits_for_its_promotion() {
    let world = World::serving().await;
    let options = Options {
        no_traffic: true,
        ..Options::default()
    };
    let (cluster, release) = (&world.cluster, release("r2"));
    let refused = cluster.promote(&release, &options, &()).await.unwrap_err();
    assert!(
        refused.to_string().contains("no release waits"),
        "{refused}"
    );
    let outcome = cluster.deploy(&release, &options, &()).await.unwrap();
    assert_eq!(outcome.state, State::Waiting);
    assert_eq!(world.traffic("tasks")[0], ("tasks-r1".to_owned(), 100));
    assert_eq!(world.traffic("tasks")[1], ("tasks-r2".to_owned(), 0));
    assert_eq!(world.state("r2"), "waiting");
    world.assert_tidy();

    cluster.promote(&release, &options, &()).await.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_contract_migration_runs_when_nothing_old_serves_any_more() {
    let world = World::serving().await;
    let traffic = std::sync::Mutex::new(Vec::new());
    let teller = Teller::new(|event| {
        if crate::world::begins(event, "Run Job/contract") {
            *traffic.lock().unwrap() = world.traffic("tasks");
        }
    });
    world
        .deploy_telling(&contracting("r2"), &teller)
        .await
        .unwrap();
    assert_eq!(*traffic.lock().unwrap(), [("tasks-r2".to_owned(), 100)]);
    assert_eq!(world.entry("r2").unwrap()["contract"], "done");
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_contract_migration_that_fails_leaves_the_release_serving_and_runs_again() {
    let world = World::serving().await;
    let failing = spindrift_test_kube::Outcome::fails("BackoffLimitExceeded", "it failed");
    world.server.control("jobs/contract-*", failing);
    let error = world.deploy(&contracting("r2")).await.unwrap_err();
    assert!(
        error.to_string().contains("release r2 serves, but"),
        "{error}"
    );
    world.assert_serves("r2");
    assert_eq!(world.entry("r2").unwrap()["contract"], "begun");

    let fine = spindrift_test_kube::Outcome::succeeds();
    world.server.control("jobs/contract-*", fine);
    world.deploy(&contracting("r2")).await.unwrap();
    assert_eq!(world.entry("r2").unwrap()["contract"], "done");
    world.assert_serves("r2");
}

#[tokio::test]
async fn the_smoke_test_asks_the_new_revisions_inside_the_cluster() {
    let world = World::serving().await;
    let job = std::sync::Mutex::new(None);
    world
        .server
        .control("jobs/*smoke*", spindrift_test_kube::Outcome::hangs());
    let cancel = tokio_util::sync::CancellationToken::new();
    let options = Options {
        cancel: cancel.clone(),
        ..Options::default()
    };
    let look = async {
        while world.get("jobs.batch", "todo-smoke-r2").is_none() {
            tokio::task::yield_now().await;
        }
        *job.lock().unwrap() = world.get("jobs.batch", "todo-smoke-r2");
        cancel.cancel();
    };
    let second = release("r2");
    let deploy = world.cluster.deploy(&second, &options, &());
    let (outcome, ()) = tokio::join!(deploy, look);
    outcome.unwrap_err();
    let job = job.lock().unwrap().take().unwrap();
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        container["args"],
        serde_json::json!(["smoke", "http://r2-tasks.todo.svc.cluster.local/api/health"])
    );
    assert_eq!(container["image"], "registry.test/todo@sha256:r2");
    world.assert_serves("r1");
}
