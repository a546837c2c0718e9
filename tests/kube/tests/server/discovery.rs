//! What the server says that it serves.

use kube::Discovery;
use kube::core::{GroupVersion, GroupVersionKind};
use kube::discovery::{Scope, pinned_group, pinned_kind};
use spindrift_test_kube::Controllers;

use crate::{api, refusal, start};

#[tokio::test]
async fn both_kinds_of_discovery_find_the_same() {
    let (server, client) = start(Controllers::none()).await;
    assert_eq!(client.apiserver_version().await.unwrap().minor, "33");
    for discovery in [
        Discovery::new(client.clone()).run().await.unwrap(),
        Discovery::new(client.clone())
            .run_aggregated()
            .await
            .unwrap(),
    ] {
        let kind = GroupVersionKind::gvk("serving.knative.dev", "v1", "Service");
        let (resource, capabilities) = discovery.resolve_gvk(&kind).unwrap();
        assert_eq!(resource.plural, "services");
        assert_eq!(capabilities.scope, Scope::Namespaced);
        assert_eq!(capabilities.subresources[0].0.plural, "status");
        let core = discovery.get("").unwrap();
        let (namespaces, capabilities) = core.recommended_kind("Namespace").unwrap();
        assert_eq!(namespaces.plural, "namespaces");
        assert_eq!(capabilities.scope, Scope::Cluster);
        let sources = discovery.get("sources.knative.dev").unwrap();
        assert_eq!(sources.preferred_version_or_latest(), "v1");
    }
    server.finish();
}

#[tokio::test]
async fn what_is_not_installed_is_not_found() {
    let (server, client) = start(Controllers::none()).await;
    server.without("eventing.knative.dev");
    server.without("kafkasources.v1.sources.knative.dev");
    let discovery = Discovery::new(client.clone()).run().await.unwrap();
    assert!(!discovery.has_group("eventing.knative.dev"));
    assert!(discovery.has_group("sources.knative.dev"));
    let group = GroupVersion::gv("eventing.knative.dev", "v1alpha1");
    assert_eq!(refusal(pinned_group(&client, &group).await).0, 404);
    let old = GroupVersionKind::gvk("sources.knative.dev", "v1beta1", "KafkaSource");
    assert!(pinned_kind(&client, &old).await.is_ok());
    let new = GroupVersionKind::gvk("sources.knative.dev", "v1", "KafkaSource");
    assert!(pinned_kind(&client, &new).await.is_err());

    let sinks = api(&client, "eventing.knative.dev/v1alpha1", "KafkaSink");
    assert_eq!(refusal(sinks.get("a").await).0, 404);
    let sources = api(&client, "sources.knative.dev/v1", "KafkaSource");
    assert_eq!(refusal(sources.list(&Default::default()).await).0, 404);
    server.finish();
}

#[tokio::test]
#[should_panic = "unexpected calls"]
async fn a_call_that_the_server_does_not_know_fails_the_test() {
    let (server, client) = start(Controllers::none()).await;
    let things = api(&client, "example.com/v1", "Thing");
    assert_eq!(refusal(things.get("a").await).0, 404);
    server.finish();
}
