//! What the stand-ins for a cluster's controllers do.

use std::time::Duration;

use serde_json::{Value, json};
use spindrift_test_kube::{Controllers, Outcome, Server, schemas};

use crate::{apply, deployment, eventually, refusal, start};

fn service(release: &str, traffic: &Value) -> Value {
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": { "name": "todo-api", "labels": { "app.kubernetes.io/part-of": "todo" } },
        "spec": {
            "template": {
                "metadata": {
                    "name": format!("todo-api-{release}"),
                    "labels": { "spindrift.dev/release": release },
                    "annotations": { "autoscaling.knative.dev/min-scale": "2" },
                },
                "spec": { "containers": [{ "name": "main", "image": format!("i:{release}") }] },
            },
            "traffic": traffic,
        },
    })
}

fn get(server: &Server) -> Value {
    server
        .get("services.serving.knative.dev", "todo", "todo-api")
        .unwrap()
}

fn condition<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    let mut all = object["status"]["conditions"].as_array()?.iter();
    all.find(|condition| condition["type"] == name)
}

/// Once a condition has a status, for the generation that is there.
async fn settled(server: &Server, name: &str, status: &str) -> Value {
    eventually(async || {
        let object = get(server);
        let observed = object["status"]["observedGeneration"] == object["metadata"]["generation"];
        let is = condition(&object, name).is_some_and(|condition| condition["status"] == status);
        (observed && is).then_some(object)
    })
    .await
}

#[tokio::test]
async fn a_release_goes_from_revision_to_traffic() {
    let (server, client) = start(Controllers::default()).await;
    let all = json!([{ "latestRevision": true, "percent": 100 }]);
    apply(&client, "me", &service("r1", &all)).await.unwrap();
    let object = settled(&server, "Ready", "True").await;
    let status = &object["status"];
    assert_eq!(status["latestReadyRevisionName"], "todo-api-r1");
    assert_eq!(status["url"], "http://todo-api.todo.example.test");
    assert_eq!(
        status["address"]["url"],
        "http://todo-api.todo.svc.cluster.local"
    );
    assert_eq!(
        status["traffic"],
        json!([{ "latestRevision": true, "percent": 100, "revisionName": "todo-api-r1" }])
    );

    let tagged = json!([
        { "revisionName": "todo-api-r1", "percent": 100 },
        { "revisionName": "todo-api-r2", "percent": 0, "tag": "r2" },
    ]);
    apply(&client, "me", &service("r2", &tagged)).await.unwrap();
    let object = settled(&server, "Ready", "True").await;
    let next = &object["status"]["traffic"][1];
    assert_eq!(next["url"], "http://r2-todo-api.todo.example.test");
    assert_eq!(next["percent"], 0);

    let revisions = server.list("revisions.serving.knative.dev", "todo");
    let labels = &revisions[1]["metadata"]["labels"];
    assert_eq!(labels["spindrift.dev/release"], "r2");
    assert_eq!(labels["serving.knative.dev/service"], "todo-api");
    let pods = server.list("pods", "todo");
    let of_second = pods
        .iter()
        .filter(|pod| pod["metadata"]["labels"]["serving.knative.dev/revision"] == "todo-api-r2");
    assert_eq!(of_second.count(), 2);
    for kind in ["services", "routes", "configurations", "revisions"] {
        for object in server.list(&format!("{kind}.serving.knative.dev"), "todo") {
            assert_eq!(schemas::check(&object, "1.33"), [""; 0]);
        }
    }
    for pod in pods {
        assert_eq!(schemas::check(&pod, "1.33"), [""; 0]);
    }

    server.delete("services.serving.knative.dev", "todo", "todo-api");
    for resource in [
        "revisions.serving.knative.dev",
        "routes.serving.knative.dev",
        "pods",
    ] {
        assert!(server.list(resource, "todo").is_empty(), "{resource}");
    }
    server.finish();
}

#[tokio::test]
async fn a_revision_that_fails_leaves_traffic_where_it_is() {
    let (server, client) = start(Controllers::default()).await;
    let all = json!([{ "revisionName": "todo-api-r1", "percent": 100 }]);
    apply(&client, "me", &service("r1", &all)).await.unwrap();
    settled(&server, "Ready", "True").await;

    let why = "Container failed with: no such component";
    server.control("revisions/todo-api-r2", Outcome::fails("ExitCode1", why));
    apply(&client, "me", &service("r2", &all)).await.unwrap();
    let object = settled(&server, "Ready", "False").await;
    let ready = condition(&object, "Ready").unwrap();
    assert_eq!(ready["reason"], "RevisionFailed");
    assert!(ready["message"].as_str().unwrap().contains(why), "{ready}");
    assert_eq!(object["status"]["latestCreatedRevisionName"], "todo-api-r2");
    assert_eq!(object["status"]["latestReadyRevisionName"], "todo-api-r1");
    assert_eq!(
        object["status"]["traffic"][0]["revisionName"],
        "todo-api-r1"
    );

    let wrong = json!([{ "revisionName": "todo-api-r2", "percent": 100 }]);
    apply(&client, "me", &service("r2", &wrong)).await.unwrap();
    let object = settled(&server, "RoutesReady", "False").await;
    assert_eq!(
        object["status"]["traffic"][0]["revisionName"],
        "todo-api-r1"
    );
}

#[tokio::test]
async fn a_revision_may_take_its_time_or_never_be_ready() {
    let slow = Outcome::succeeds().after(Duration::from_millis(100));
    let (server, client) = start(Controllers::default().on("revisions/*", slow)).await;
    let all = json!([{ "latestRevision": true, "percent": 100 }]);
    apply(&client, "me", &service("r1", &all)).await.unwrap();
    settled(&server, "Ready", "Unknown").await;
    settled(&server, "Ready", "True").await;
    server.control("revisions/*-r2", Outcome::hangs());
    apply(&client, "me", &service("r2", &all)).await.unwrap();
    settled(&server, "ConfigurationsReady", "Unknown").await;
    server.control("revisions/*-r2", Outcome::succeeds());
    settled(&server, "Ready", "True").await;
}

#[tokio::test]
async fn knatives_webhook_refuses_what_it_would() {
    let (_server, client) = start(Controllers::default()).await;
    let all = json!([{ "latestRevision": true, "percent": 100 }]);
    apply(&client, "me", &service("r1", &all)).await.unwrap();
    let mut changed = service("r1", &all);
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = json!("other");
    let (code, _, message) = refusal(apply(&client, "me", &changed).await);
    assert_eq!(code, 400);
    assert!(message.contains("without a name change"), "{message}");
    for (traffic, why) in [
        (
            json!([{ "latestRevision": true, "percent": 90 }]),
            "sum to 90, want 100",
        ),
        (json!([{ "percent": 100 }]), "exactly one of"),
    ] {
        let (_, _, message) = refusal(apply(&client, "me", &service("r3", &traffic)).await);
        assert!(message.contains(why), "{message}");
    }
}

#[tokio::test]
async fn jobs_complete_or_fail() {
    let fails = Outcome::fails(
        "BackoffLimitExceeded",
        "Job has reached the specified backoff limit",
    );
    let (server, client) = start(Controllers::default().on("jobs/bad", fails)).await;
    for (name, wanted, phase) in [
        ("good", "Complete", "Succeeded"),
        ("bad", "Failed", "Failed"),
    ] {
        let job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": { "name": name },
            "spec": { "template": { "spec": {
                "restartPolicy": "Never", "containers": [{ "name": "main", "image": "i" }],
            }}},
        });
        apply(&client, "me", &job).await.unwrap();
        let job = eventually(async || {
            let job = server.get("jobs.batch", "todo", name).unwrap();
            condition(&job, wanted).is_some().then_some(job)
        })
        .await;
        assert_eq!(schemas::check(&job, "1.33"), [""; 0]);
        let pods = server.list("pods", "todo");
        let own = pods
            .iter()
            .find(|pod| pod["metadata"]["labels"]["job-name"] == name);
        assert_eq!(own.unwrap()["status"]["phase"], phase);
    }
}

#[tokio::test]
async fn deployments_are_rolled_out_or_are_not() {
    let (server, client) = start(Controllers::default()).await;
    let rolled_out = async |image: &str| {
        apply(&client, "me", &deployment("relay", image))
            .await
            .unwrap();
        eventually(async || {
            let object = server.get("deployments.apps", "todo", "relay").unwrap();
            let status = &object["status"];
            let observed = status["observedGeneration"] == object["metadata"]["generation"];
            (observed && status["availableReplicas"] == 2).then_some(object)
        })
        .await
    };
    let object = rolled_out("i:1").await;
    assert_eq!(schemas::check(&object, "1.33"), [""; 0]);
    rolled_out("i:2").await;
    let pods = eventually(async || {
        let pods = server.list("pods", "todo");
        (pods.len() == 2).then_some(pods)
    })
    .await;
    assert_eq!(pods[0]["spec"]["containers"][0]["image"], "i:2");
    assert_eq!(server.list("replicasets.apps", "todo").len(), 2);

    server.control(
        "deployments/relay",
        Outcome::fails("CrashLoopBackOff", "no database"),
    );
    apply(&client, "me", &deployment("relay", "i:3"))
        .await
        .unwrap();
    let object = eventually(async || {
        let object = server.get("deployments.apps", "todo", "relay").unwrap();
        let stuck = condition(&object, "Progressing")?["status"] == "False";
        stuck.then_some(object)
    })
    .await;
    let progressing = condition(&object, "Progressing").unwrap();
    assert_eq!(progressing["reason"], "ProgressDeadlineExceeded");
}

#[tokio::test]
async fn sources_and_routes_become_ready() {
    let (server, client) = start(Controllers::default()).await;
    let source = json!({
        "apiVersion": "sources.knative.dev/v1", "kind": "PingSource", "metadata": { "name": "p" },
        "spec": { "schedule": "* * * * *", "sink": { "uri": "http://a" } },
    });
    let route = json!({
        "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
        "metadata": { "name": "r" }, "spec": { "parentRefs": [{ "name": "g" }] },
    });
    apply(&client, "me", &source).await.unwrap();
    apply(&client, "me", &route).await.unwrap();
    eventually(async || {
        let source = server
            .get("pingsources.sources.knative.dev", "todo", "p")
            .unwrap();
        let is = condition(&source, "Ready")?["status"] == "True";
        is.then(|| assert_eq!(schemas::check(&source, "1.33"), [""; 0]))
    })
    .await;
    eventually(async || {
        let route = server
            .get("httproutes.gateway.networking.k8s.io", "todo", "r")
            .unwrap();
        let parent = route["status"]["parents"].get(0)?;
        let accepted = parent["conditions"][0]["type"] == "Accepted";
        accepted.then(|| assert_eq!(schemas::check(&route, "1.33"), [""; 0]))
    })
    .await;
}
