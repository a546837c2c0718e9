//! The deployer's Role.

use serde_json::json;
use spindrift_test_kube::{Options as ServerOptions, Server};

use crate::releases::release;
use crate::world::{World, role, target, timing};

#[tokio::test]
async fn everything_that_is_not_granted_is_named_at_once_with_the_role() {
    let world = World::new().await;
    let options = ServerOptions {
        namespace: "todo".to_owned(),
        ..ServerOptions::default()
    };
    let server = Server::start(options).await.unwrap();
    let mut narrow = role();
    let rules = narrow["rules"].as_array_mut().unwrap();
    rules.retain(|rule| {
        rule["apiGroups"] != json!(["batch"]) && rule["resources"] != json!(["pods/log"])
    });
    server.bind(&narrow, Some("todo"));
    let cluster = spindrift_knative::cluster::Cluster::connect(&target(&server), timing())
        .await
        .unwrap();
    let error = cluster
        .preflight(&release("r1"), &Default::default())
        .await
        .unwrap_err();
    let text = error.to_string();
    for part in [
        "create jobs.batch",
        "get pods/log",
        "kind: Role",
        "todo-deployer",
    ] {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
    world.assert_tidy();
}

#[tokio::test]
async fn the_role_has_nothing_that_is_never_used() {
    let mut narrow = role();
    let rules = narrow["rules"].as_array_mut().unwrap();
    for rule in rules {
        assert!(!rule["verbs"].as_array().unwrap().contains(&json!("*")));
        assert_ne!(rule["resources"], json!(["*"]));
        if rule["resources"] == json!(["secrets"]) {
            assert_eq!(rule["verbs"], json!(["get"]));
            assert_eq!(rule["resourceNames"], json!(["todo"]));
        }
    }
}
