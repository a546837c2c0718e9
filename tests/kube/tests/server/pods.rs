//! Logs of pods, and requests that go to them through the server.

use http::{Request, Response};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, LogParams};
use serde_json::json;
use spindrift_test_kube::Controllers;

use crate::{refusal, start};

fn pod() -> serde_json::Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": "a-1", "namespace": "todo" },
        "spec": { "containers": [{ "name": "main", "image": "i" }, { "name": "side", "image": "i" }] },
    })
}

#[tokio::test]
async fn logs_are_what_the_test_says() {
    let (server, client) = start(Controllers::none()).await;
    server.put(pod());
    server.log("a-*", "main", "one\ntwo\nthree\n");
    let pods: Api<Pod> = Api::default_namespaced(client);
    let of = |container: Option<&str>, tail_lines| LogParams {
        container: container.map(str::to_owned),
        tail_lines,
        ..LogParams::default()
    };
    let last = pods.logs("a-1", &of(Some("main"), Some(2))).await.unwrap();
    assert_eq!(last, "two\nthree\n");
    assert_eq!(pods.logs("a-1", &of(Some("side"), None)).await.unwrap(), "");
    let (_, _, message) = refusal(pods.logs("a-1", &of(None, None)).await);
    assert!(message.ends_with("choose one of: [main side]"), "{message}");
    assert_eq!(
        refusal(pods.logs("a-1", &of(Some("other"), None)).await).0,
        400
    );
    assert_eq!(refusal(pods.logs("a-2", &of(None, None)).await).0, 404);
}

#[tokio::test]
async fn requests_to_pods_reach_the_test() {
    let (server, client) = start(Controllers::none()).await;
    server.put(pod());
    let get = |path: &str| Request::get(path).body(Vec::new()).unwrap();
    let path = "/api/v1/namespaces/todo/pods/a-1:8012/proxy/api/health?deep=1";
    assert_eq!(refusal(client.request_text(get(path)).await).0, 503);
    server.proxy(|asked| {
        let told = format!("{} {} {}", asked.method, asked.port, asked.path);
        Response::builder().status(200).body(told).unwrap()
    });
    let answer = client.request_text(get(path)).await.unwrap();
    assert_eq!(answer, "GET 8012 /api/health?deep=1");
    let gone = "/api/v1/namespaces/todo/pods/a-2:80/proxy/";
    assert_eq!(refusal(client.request_text(get(gone)).await).0, 404);
    assert_eq!(server.calls()[1].resource, "pods/proxy");
}
