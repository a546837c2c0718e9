//! The server as kube-rs sees it, and the schemas.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod apply;
mod controllers;
mod discovery;
mod faults;
mod objects;
mod pods;
mod rbac;
mod schemas;
mod watch;

use std::future::Future;
use std::time::{Duration, Instant};

use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::GroupVersionKind;
use kube::{Client, Config};
use serde_json::{Value, json};
use spindrift_test_kube::{Controllers, Options, Server};

/// A server with the namespace `todo`, and the client that its kubeconfig makes.
async fn start(controllers: Controllers) -> (Server, Client) {
    let options = Options {
        namespace: "todo".to_owned(),
        controllers,
        ..Options::default()
    };
    let server = Server::start(options).await.unwrap();
    let client = client(&server).await;
    (server, client)
}

async fn client(server: &Server) -> Client {
    let file = Kubeconfig::read_from(server.kubeconfig()).unwrap();
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .unwrap();
    // A test wants to see what the server says, not what comes after it.
    config.default_retry = false;
    Client::try_from(config).unwrap()
}

/// Any kind, as a deployer speaks of it.
fn api(client: &Client, api_version: &str, kind: &str) -> Api<DynamicObject> {
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    Api::default_namespaced_with(client.clone(), &resource)
}

async fn apply(client: &Client, manager: &str, object: &Value) -> kube::Result<DynamicObject> {
    let params = PatchParams::apply(manager);
    apply_with(client, &params, object).await
}

async fn apply_with(
    client: &Client,
    params: &PatchParams,
    object: &Value,
) -> kube::Result<DynamicObject> {
    let text = |pointer| object.pointer(pointer).unwrap().as_str().unwrap();
    let api = api(client, text("/apiVersion"), text("/kind"));
    api.patch(text("/metadata/name"), params, &Patch::Apply(object))
        .await
}

/// Of an answer that is a refusal: its code, reason and message.
fn refusal<T>(answer: kube::Result<T>) -> (u16, String, String) {
    match answer.err().unwrap() {
        kube::Error::Api(status) => (status.code, status.reason.clone(), status.message.clone()),
        other => panic!("{other}"),
    }
}

/// What a look shows, once it shows something.
async fn eventually<T, F: Future<Output = Option<T>>>(mut look: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it never came to be");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A deployment of one container.
fn deployment(name: &str, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": name },
        "spec": {
            "replicas": 2, "selector": { "matchLabels": { "app": name } },
            "template": {
                "metadata": { "labels": { "app": name } },
                "spec": { "containers": [{ "name": "main", "image": image }] },
            },
        },
    })
}

fn config_map(name: &str, key: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name },
        "data": { key: value },
    })
}
