//! What is found before anything is changed.

use serde_json::json;
use spindrift_knative::Stage;
use spindrift_knative::cluster::{Error, Options};
use spindrift_test_kube::{Call, Controllers, Fault, Match};

use crate::releases::{kafka_source, object, release};
use crate::world::{SERVICES, World};

async fn refused(world: &World, release: &spindrift_knative::Release) -> String {
    let before = world.server.calls().len();
    let error = world.deploy(release).await.unwrap_err();
    assert!(matches!(error, Error::Preflight(_)), "{error}");
    let calls = world.server.calls().split_off(before);
    let wrote = |call: &&Call| {
        !call.dry_run
            && ["create", "update", "patch", "delete"].contains(&call.verb)
            && !call.resource.contains("selfsubjectaccessreviews")
    };
    assert_eq!(calls.iter().find(wrote), None);
    error.to_string()
}

#[tokio::test]
async fn kinds_that_are_not_served_are_named_with_the_setting_that_does_without() {
    let world = World::new().await;
    world.server.without("sources.knative.dev");
    world.server.without("gateway.networking.k8s.io");
    let text = refused(&world, &release("r1")).await;
    assert!(
        text.contains("PingSource (sources.knative.dev/v1)"),
        "{text}"
    );
    assert!(text.contains("`delivery.mode = \"builtin\"`"), "{text}");
    assert!(text.contains("`routing.mode = \"edge\"`"), "{text}");
}

#[tokio::test]
async fn a_kafka_source_is_applied_in_the_version_that_is_served() {
    let world = World::new().await;
    world.server.without("kafkasources.v1.sources.knative.dev");
    let mut release = release("r1");
    let source = object(Stage::Delivery, kafka_source("audit"));
    release.objects.insert(5, source);
    world.deploy(&release).await.unwrap();
    assert_eq!(world.names("kafkasources.sources.knative.dev"), ["audit"]);
    assert_eq!(world.cluster.diff(&release).await.unwrap(), []);
}

#[tokio::test]
async fn all_missing_secrets_are_named_with_commands_that_show_no_value() {
    let world = World::bare(Controllers::default()).await;
    let mut release = release("r1");
    let mut other = release.secrets[0].clone();
    other.key = "jwt-key".to_owned();
    release.secrets.push(other);
    let text = refused(&world, &release).await;
    let command = "kubectl create secret generic todo --namespace todo \
                   --from-file=database-url=FILE --from-file=jwt-key=FILE";
    assert!(text.contains(command), "{text}");
}

#[tokio::test]
async fn a_missing_key_of_a_secret_is_named() {
    let world = World::new().await;
    let mut release = release("r1");
    release.secrets[0].key = "other".to_owned();
    let text = refused(&world, &release).await;
    assert!(text.contains("Secret todo has no key other"), "{text}");
}

#[tokio::test]
async fn webhooks_and_quotas_are_asked_before_anything_is_applied() {
    let world = World::serving().await;
    let dry = |verb| Match::verb(verb).dry_run(true);
    let webhook = Fault::webhook("validation.serving.knative.dev", "bad scale");
    world.server.on(dry("patch").resource(SERVICES), webhook);
    let quota = Fault::quota("small", "count/jobs.batch=1");
    world.server.on(dry("create").resource("jobs.batch"), quota);
    let text = refused(&world, &release("r2")).await;
    assert!(
        text.contains("bad scale") && text.contains("exceeded quota"),
        "{text}"
    );
    world.assert_serves("r1");
}

#[tokio::test]
async fn fields_of_another_manager_are_an_error_unless_forced() {
    let world = World::serving().await;
    world
        .server
        .edit("deployments.apps", "todo", "relay", |relay| {
            relay["spec"]["replicas"] = 5.into();
        });
    let text = refused(&world, &release("r2")).await;
    assert!(
        text.contains("conflict with \"controller\" at .spec.replicas"),
        "{text}"
    );
    let options = Options {
        force: true,
        ..Options::default()
    };
    let second = release("r2");
    world.cluster.deploy(&second, &options, &()).await.unwrap();
    world.assert_serves("r2");
}

#[tokio::test]
async fn a_missing_namespace_is_named_or_made() {
    let world = World::new().await;
    world.server.delete("namespaces", "", "todo");
    let text = refused(&world, &release("r1")).await;
    assert!(text.contains("kubectl create namespace todo"), "{text}");
}

#[tokio::test]
async fn a_namespace_is_made_only_where_that_is_wanted() {
    let world = World::bare(Controllers::default()).await;
    world.server.delete("namespaces", "", "todo");
    let mut first = release("r1");
    first.secrets.clear();
    let error = world.deploy(&first).await.unwrap_err().to_string();
    assert!(error.contains("there is no namespace todo"), "{error}");
    assert!(world.server.get("namespaces", "", "todo").is_none());

    let makes = json!({ "rules": [
        { "apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "create"] },
    ] });
    world.server.bind(&makes, None);
    let options = Options {
        create_namespace: true,
        ..Options::default()
    };
    world.cluster.deploy(&first, &options, &()).await.unwrap();
    world.assert_serves("r1");
}
