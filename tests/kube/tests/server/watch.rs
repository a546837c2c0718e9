//! Watches.

use futures::{StreamExt as _, TryStreamExt as _};
use kube::api::{WatchEvent, WatchParams};
use serde_json::json;
use spindrift_test_kube::Controllers;

use crate::{api, apply, config_map, start};

#[tokio::test]
async fn a_watch_tells_what_happens_to_what_is_selected() {
    let (server, client) = start(Controllers::none()).await;
    let maps = api(&client, "v1", "ConfigMap");
    apply(&client, "me", &config_map("before", "k", "v"))
        .await
        .unwrap();
    let version = maps
        .list(&Default::default())
        .await
        .unwrap()
        .metadata
        .resource_version
        .unwrap();
    let params = WatchParams::default().labels("app=x");
    let mut watch = maps.watch(&params, &version).await.unwrap().boxed();

    let mut map = config_map("a", "k", "v");
    apply(&client, "me", &map).await.unwrap();
    map["metadata"]["labels"] = json!({ "app": "x" });
    apply(&client, "me", &map).await.unwrap();
    map["data"]["k"] = json!("w");
    apply(&client, "me", &map).await.unwrap();
    map["metadata"]["labels"] = json!({ "app": "y" });
    apply(&client, "me", &map).await.unwrap();
    map["metadata"]["labels"] = json!({ "app": "x" });
    apply(&client, "me", &map).await.unwrap();
    server.delete("configmaps", "todo", "a");

    let mut told = Vec::new();
    while told.len() < 5 {
        let (kind, object) = match watch.try_next().await.unwrap().unwrap() {
            WatchEvent::Added(object) => ("added", object),
            WatchEvent::Modified(object) => ("modified", object),
            WatchEvent::Deleted(object) => ("deleted", object),
            other => panic!("{other:?}"),
        };
        assert_eq!(object.metadata.name.as_deref(), Some("a"));
        told.push(kind);
    }
    assert_eq!(told, ["added", "modified", "deleted", "added", "deleted"]);
}

#[tokio::test]
async fn a_watch_begins_with_what_is_there_and_ends_when_the_server_says() {
    let (server, client) = start(Controllers::none()).await;
    apply(&client, "me", &config_map("a", "k", "v"))
        .await
        .unwrap();
    let maps = api(&client, "v1", "ConfigMap");
    let params = WatchParams::default().fields("metadata.name=a");
    let mut watch = maps.watch(&params, "0").await.unwrap().boxed();
    let first = watch.try_next().await.unwrap().unwrap();
    assert!(matches!(first, WatchEvent::Added(_)), "{first:?}");
    server.end_watches();
    assert!(watch.try_next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_watch_ends_at_its_timeout() {
    let (_server, client) = start(Controllers::none()).await;
    let maps = api(&client, "v1", "ConfigMap");
    let params = WatchParams::default().timeout(1);
    let watch = maps.watch(&params, "0").await.unwrap();
    assert_eq!(watch.count().await, 0);
}
