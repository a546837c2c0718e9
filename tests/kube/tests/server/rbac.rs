//! What roles allow.

use k8s_openapi::api::authorization::v1::SelfSubjectAccessReview;
use kube::api::{Api, PostParams};
use serde_json::json;
use spindrift_test_kube::Controllers;

use crate::{api, apply, config_map, refusal, start};

#[tokio::test]
async fn what_no_rule_allows_is_refused_and_recorded() {
    let (server, client) = start(Controllers::none()).await;
    let role = json!({ "rules": [
        { "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"] },
    ]});
    server.bind(&role, Some("todo"));
    let maps = api(&client, "v1", "ConfigMap");
    assert_eq!(refusal(maps.get("a").await).0, 404);
    assert!(server.forbidden().is_empty());
    let (code, _, message) = refusal(maps.list(&Default::default()).await);
    assert_eq!(code, 403);
    assert!(
        message.contains("cannot list resource \"configmaps\""),
        "{message}"
    );
    // To apply what is not there yet is to create it.
    let (code, _, message) = refusal(apply(&client, "me", &config_map("a", "k", "v")).await);
    assert_eq!(code, 403);
    assert!(message.contains("cannot create resource"), "{message}");
    let forbidden: Vec<String> = server.forbidden().iter().map(ToString::to_string).collect();
    assert_eq!(
        forbidden,
        ["list configmaps -> 403", "create configmaps/a -> 403"]
    );
}

#[tokio::test]
async fn a_client_can_ask_what_it_may_do() {
    let (server, client) = start(Controllers::none()).await;
    let role = json!({ "rules": [
        { "apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"] },
    ]});
    server.bind(&role, Some("todo"));
    let reviews: Api<SelfSubjectAccessReview> = Api::all(client);
    for (namespace, allowed) in [("todo", true), ("default", false)] {
        let review = serde_json::from_value(json!({
            "spec": { "resourceAttributes": {
                "verb": "get", "group": "", "resource": "pods", "subresource": "log",
                "namespace": namespace,
            }},
        }));
        let review = reviews
            .create(&PostParams::default(), &review.unwrap())
            .await
            .unwrap();
        assert_eq!(review.status.unwrap().allowed, allowed);
    }
    server.finish();
}
