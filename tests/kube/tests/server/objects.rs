//! Objects are made, read, changed and deleted.

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{
    Api, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, Preconditions,
    PropagationPolicy,
};
use serde_json::json;
use spindrift_test_kube::Controllers;

use crate::{api, apply, config_map, deployment, refusal, start};

#[tokio::test]
async fn an_object_is_made_read_listed_and_deleted() {
    let (server, client) = start(Controllers::none()).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let mut map: ConfigMap = serde_json::from_value(config_map("a", "k", "v")).unwrap();
    map.metadata.labels = Some([("app".to_owned(), "x".to_owned())].into());
    let made = maps.create(&PostParams::default(), &map).await.unwrap();
    assert_eq!(made.metadata.namespace.as_deref(), Some("todo"));
    assert!(made.metadata.uid.is_some() && made.metadata.creation_timestamp.is_some());
    let again = maps.create(&PostParams::default(), &map).await;
    let (code, reason, message) = refusal(again);
    assert_eq!((code, reason.as_str()), (409, "AlreadyExists"));
    assert_eq!(message, "configmaps \"a\" already exists");

    map.metadata.name = Some("b".to_owned());
    map.metadata.labels = None;
    maps.create(&PostParams::default(), &map).await.unwrap();
    let names = async |params: ListParams| {
        let list = maps.list(&params).await.unwrap();
        let names = list.items.into_iter().map(|map| map.metadata.name.unwrap());
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(ListParams::default()).await, ["a", "b"]);
    assert_eq!(
        names(ListParams::default().labels("app in (x, y)")).await,
        ["a"]
    );
    assert_eq!(
        names(ListParams::default().fields("metadata.name=b")).await,
        ["b"]
    );

    let gone = maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(gone.right().unwrap().is_success());
    assert_eq!(refusal(maps.get("a").await).2, "configmaps \"a\" not found");
    assert!(maps.get_opt("a").await.unwrap().is_none());
    maps.delete_collection(&DeleteParams::default(), &ListParams::default())
        .await
        .unwrap();
    assert!(server.list("configmaps", "todo").is_empty());
    server.finish();
}

#[tokio::test]
async fn who_replaces_an_old_version_is_told_so() {
    let (_server, client) = start(Controllers::none()).await;
    let leases: Api<Lease> = Api::default_namespaced(client);
    let lease = Lease {
        metadata: ObjectMeta {
            name: Some("deploy".to_owned()),
            ..ObjectMeta::default()
        },
        ..Lease::default()
    };
    let mine = leases.create(&PostParams::default(), &lease).await.unwrap();
    let mut theirs = mine.clone();
    theirs.spec.get_or_insert_default().holder_identity = Some("them".to_owned());
    let theirs = leases
        .replace("deploy", &PostParams::default(), &theirs)
        .await
        .unwrap();
    assert_ne!(
        theirs.metadata.resource_version,
        mine.metadata.resource_version
    );
    let refused = leases
        .replace("deploy", &PostParams::default(), &mine)
        .await;
    assert_eq!(refusal(refused).1, "Conflict");

    let condition = Preconditions {
        resource_version: mine.metadata.resource_version,
        uid: None,
    };
    let params = DeleteParams::default().preconditions(condition);
    assert_eq!(refusal(leases.delete("deploy", &params).await).0, 409);
}

#[tokio::test]
async fn what_is_invalid_is_refused_as_kubernetes_does() {
    let (_server, client) = start(Controllers::none()).await;
    let mut wrong = deployment("a", "i");
    wrong["spec"]["template"]["spec"]["containers"][0]["imagePullPolciy"] = json!("Always");
    let (code, _, message) = refusal(apply(&client, "me", &wrong).await);
    assert_eq!(code, 400);
    let field = "unknown field \"spec.template.spec.containers[0].imagePullPolciy\"";
    assert!(message.contains(field), "{message}");

    let mut wrong = deployment("a", "i");
    wrong["spec"]["replicas"] = json!("2");
    let (code, reason, message) = refusal(apply(&client, "me", &wrong).await);
    assert_eq!((code, reason.as_str()), (422, "Invalid"));
    assert!(
        message.starts_with("Deployment.apps \"a\" is invalid: spec.replicas: "),
        "{message}"
    );

    let mut lost = config_map("a", "k", "v");
    lost["metadata"]["namespace"] = json!("nowhere");
    let (code, _, message) = refusal(apply(&client, "me", &lost).await);
    assert_eq!(code, 400, "{message}");
    let elsewhere: Api<ConfigMap> = Api::namespaced(client, "nowhere");
    let made = elsewhere
        .create(&PostParams::default(), &ConfigMap::default())
        .await;
    assert_eq!(refusal(made).2, "namespaces \"nowhere\" not found");
}

#[tokio::test]
async fn what_is_fixed_once_made_cannot_be_changed() {
    let (_server, client) = start(Controllers::none()).await;
    apply(&client, "me", &deployment("a", "i")).await.unwrap();
    let mut other = deployment("a", "i");
    other["spec"]["selector"]["matchLabels"] = json!({ "app": "b" });
    let (code, _, message) = refusal(apply(&client, "me", &other).await);
    assert_eq!(code, 422);
    assert!(
        message.contains("spec.selector: Invalid value: field is immutable"),
        "{message}"
    );
}

#[tokio::test]
async fn owned_objects_go_with_their_owner_unless_they_become_orphans() {
    let (server, client) = start(Controllers::none()).await;
    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    for (owner, owned) in [("a", "a-part"), ("b", "b-part")] {
        let owner = apply(&client, "me", &config_map(owner, "k", "v"))
            .await
            .unwrap();
        let mut part = config_map(owned, "k", "v");
        part["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1", "kind": "ConfigMap", "name": owner.metadata.name,
            "uid": owner.metadata.uid,
        }]);
        apply(&client, "me", &part).await.unwrap();
    }
    maps.delete("a", &DeleteParams::foreground()).await.unwrap();
    let orphan = DeleteParams {
        propagation_policy: Some(PropagationPolicy::Orphan),
        ..DeleteParams::default()
    };
    maps.delete("b", &orphan).await.unwrap();
    let left = server.list("configmaps", "todo");
    let left: Vec<_> = left.iter().map(|map| &map["metadata"]["name"]).collect();
    assert_eq!(left, ["b-part"]);
}

#[tokio::test]
async fn an_object_with_finalizers_waits_for_them() {
    let (server, client) = start(Controllers::none()).await;
    let mut map = config_map("a", "k", "v");
    map["metadata"]["finalizers"] = json!(["example.com/last-word"]);
    apply(&client, "me", &map).await.unwrap();
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let marked = maps.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(marked.left().unwrap().metadata.deletion_timestamp.is_some());
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": null } }));
    maps.patch("a", &PatchParams::default(), &patch)
        .await
        .unwrap();
    assert!(server.get("configmaps", "todo", "a").is_none());
}

#[tokio::test]
async fn a_status_is_written_apart() {
    let (server, client) = start(Controllers::none()).await;
    apply(&client, "me", &deployment("a", "i")).await.unwrap();
    let deployments = api(&client, "apps/v1", "Deployment");
    let patch = json!({ "status": { "replicas": 1 }, "spec": { "replicas": 7 } });
    let params = PatchParams::default();
    deployments
        .patch(
            "a",
            &params,
            &Patch::Merge(&json!({ "status": { "replicas": 9 } })),
        )
        .await
        .unwrap();
    assert!(
        server
            .get("deployments.apps", "todo", "a")
            .unwrap()
            .get("status")
            .is_none()
    );
    deployments
        .patch_status("a", &params, &Patch::Merge(&patch))
        .await
        .unwrap();
    let object = server.get("deployments.apps", "todo", "a").unwrap();
    assert_eq!(object["status"]["replicas"], 1);
    assert_eq!(object["spec"]["replicas"], 2);
    assert_eq!(object["metadata"]["generation"], 1);
}

#[tokio::test]
async fn secrets_keep_what_they_are_given_as_data() {
    let (_server, client) = start(Controllers::none()).await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "s" },
        "stringData": { "url": "postgres://db" },
    });
    apply(&client, "me", &secret).await.unwrap();
    let secrets: Api<Secret> = Api::default_namespaced(client);
    let data = secrets.get("s").await.unwrap().data.unwrap();
    assert_eq!(data["url"].0, b"postgres://db");
}

#[tokio::test]
async fn metadata_alone_can_be_asked_for() {
    let (_server, client) = start(Controllers::none()).await;
    apply(&client, "me", &config_map("a", "k", "v"))
        .await
        .unwrap();
    let maps = api(&client, "v1", "ConfigMap");
    let list = maps.list_metadata(&ListParams::default()).await.unwrap();
    assert_eq!(list.items[0].metadata.name.as_deref(), Some("a"));
    assert_eq!(
        maps.get_metadata("a")
            .await
            .unwrap()
            .metadata
            .name
            .as_deref(),
        Some("a")
    );
}
