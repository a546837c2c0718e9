//! Server-side apply.

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use spindrift_test_kube::Controllers;

use crate::{api, apply, apply_with, config_map, deployment, refusal, start};

#[tokio::test]
async fn what_a_manager_no_longer_applies_is_gone() {
    let (server, client) = start(Controllers::none()).await;
    let mut first = deployment("a", "i:1");
    let container = &mut first["spec"]["template"]["spec"]["containers"][0];
    container["env"] = json!([{ "name": "A", "value": "1" }, { "name": "B", "value": "2" }]);
    first["metadata"]["annotations"] = json!({ "example.com/x": "1" });
    apply(&client, "me", &first).await.unwrap();

    let mut second = deployment("a", "i:2");
    let container = &mut second["spec"]["template"]["spec"]["containers"][0];
    container["env"] = json!([{ "name": "B", "value": "3" }]);
    apply(&client, "me", &second).await.unwrap();

    let object = server.get("deployments.apps", "todo", "a").unwrap();
    let container = &object["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "i:2");
    assert_eq!(container["env"], json!([{ "name": "B", "value": "3" }]));
    assert!(object["metadata"].get("annotations").is_none(), "{object}");
    assert_eq!(object["metadata"]["generation"], 2);
    // What the server fills in stays.
    assert_eq!(container["terminationMessagePolicy"], "File");
}

#[tokio::test]
async fn applying_the_same_again_changes_nothing() {
    let (_server, client) = start(Controllers::none()).await;
    let first = apply(&client, "me", &deployment("a", "i")).await.unwrap();
    let again = apply(&client, "me", &deployment("a", "i")).await.unwrap();
    assert_eq!(first, again);
}

#[tokio::test]
async fn what_others_own_stays_and_is_not_taken_without_force() {
    let (server, client) = start(Controllers::none()).await;
    apply(&client, "me", &deployment("a", "i")).await.unwrap();
    let deployments = api(&client, "apps/v1", "Deployment");
    let params = PatchParams {
        field_manager: Some("scaler".to_owned()),
        ..PatchParams::default()
    };
    let patch = json!({
        "spec": { "replicas": 5 }, "metadata": { "annotations": { "scaler": "was here" } },
    });
    deployments
        .patch("a", &params, &Patch::Merge(&patch))
        .await
        .unwrap();

    let refused = apply(&client, "me", &deployment("a", "i")).await;
    let (code, reason, message) = refusal(refused);
    assert_eq!((code, reason.as_str()), (409, "Conflict"));
    assert!(
        message.contains(".spec.replicas") && message.contains("scaler"),
        "{message}"
    );

    let force = PatchParams::apply("me").force();
    let object = apply_with(&client, &force, &deployment("a", "i")).await;
    let object = object.unwrap();
    assert_eq!(object.data["spec"]["replicas"], 2);
    assert_eq!(
        object.metadata.annotations.as_ref().unwrap()["scaler"],
        "was here"
    );
    let owners = |path: &[&str]| -> Vec<String> {
        let object = server.get("deployments.apps", "todo", "a").unwrap();
        let entries = object["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .clone();
        let owns = |entry: &&Value| {
            let fields = path
                .iter()
                .try_fold(&entry["fieldsV1"], |at, key| at.get(key));
            fields.is_some()
        };
        let owning = entries.iter().filter(owns);
        owning
            .map(|entry| entry["manager"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(owners(&["f:spec", "f:replicas"]), ["me"]);
    assert_eq!(
        owners(&["f:metadata", "f:annotations", "f:scaler"]),
        ["scaler"]
    );
}

#[tokio::test]
async fn two_managers_may_want_the_same() {
    let (server, client) = start(Controllers::none()).await;
    apply(&client, "one", &config_map("a", "k", "v"))
        .await
        .unwrap();
    apply(&client, "two", &config_map("a", "k", "v"))
        .await
        .unwrap();
    apply(&client, "one", &config_map("a", "l", "w"))
        .await
        .unwrap();
    let data = server.get("configmaps", "todo", "a").unwrap()["data"].clone();
    assert_eq!(data, json!({ "k": "v", "l": "w" }));
    apply(&client, "two", &config_map("a", "l", "w"))
        .await
        .unwrap();
    let data = server.get("configmaps", "todo", "a").unwrap()["data"].clone();
    assert_eq!(data, json!({ "l": "w" }));
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_and_changes_nothing() {
    let (server, client) = start(Controllers::none()).await;
    let dry = PatchParams::apply("me").dry_run();
    let shown = apply_with(&client, &dry, &deployment("a", "i"))
        .await
        .unwrap();
    assert_eq!(shown.data["spec"]["strategy"]["type"], "RollingUpdate");
    assert!(server.list("deployments.apps", "").is_empty());

    apply(&client, "me", &deployment("a", "i")).await.unwrap();
    let before = server.get("deployments.apps", "todo", "a").unwrap();
    let shown = apply_with(&client, &dry, &deployment("a", "j"))
        .await
        .unwrap();
    let container = &shown.data["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "j");
    assert_eq!(server.get("deployments.apps", "todo", "a").unwrap(), before);
    let calls: Vec<String> = server.calls().iter().map(ToString::to_string).collect();
    assert_eq!(calls[0], "patch deployments.apps/a (dry run) -> 201");
    assert_eq!(calls[1], "patch deployments.apps/a -> 201");
}

#[tokio::test]
async fn ports_and_traffic_merge_as_their_schemas_say() {
    let (server, client) = start(Controllers::none()).await;
    let service = |ports: Value| {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "name": "a" },
            "spec": { "ports": ports },
        })
    };
    // Told apart by port and protocol, of which one is filled in.
    let one = json!([{ "name": "one", "port": 80 }]);
    apply(&client, "one", &service(one)).await.unwrap();
    let two = json!([{ "name": "two", "port": 81, "protocol": "TCP" }]);
    apply(&client, "two", &service(two)).await.unwrap();
    let ports = server.get("services", "todo", "a").unwrap()["spec"]["ports"].clone();
    assert_eq!(ports.as_array().unwrap().len(), 2, "{ports}");

    // One value as a whole.
    let knative = |traffic: Value| {
        json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Service",
            "metadata": { "name": "a" },
            "spec": {
                "template": { "spec": { "containers": [{ "image": "i" }] } }, "traffic": traffic,
            },
        })
    };
    let first = json!([{ "latestRevision": true, "percent": 100 }]);
    apply(&client, "me", &knative(first)).await.unwrap();
    let second = json!([{ "revisionName": "a-1", "percent": 100 }]);
    apply(&client, "me", &knative(second.clone()))
        .await
        .unwrap();
    let object = server
        .get("services.serving.knative.dev", "todo", "a")
        .unwrap();
    assert_eq!(object["spec"]["traffic"], second);
}
