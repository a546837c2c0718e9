//! What goes wrong when a test wants it.

use std::time::{Duration, Instant};

use spindrift_test_kube::{Controllers, Fault, Match};

use crate::{api, apply, config_map, refusal, start};

#[tokio::test]
async fn faults_befall_the_calls_that_they_are_for_as_often_as_said() {
    let (server, client) = start(Controllers::none()).await;
    let patches = || Match::verb("patch").resource("configmaps").name("a");
    server.on(
        patches(),
        Fault::webhook("policy.example.com", "no image tag"),
    );
    server.on(
        patches(),
        Fault::quota("small", "requested: count/configmaps=1").skip(1),
    );
    server.on(patches(), Fault::internal().skip(2).times(2));
    let map = config_map("a", "k", "v");
    let (code, _, message) = refusal(apply(&client, "me", &map).await);
    assert_eq!(code, 403);
    assert!(message.contains("\"policy.example.com\" denied the request: no image tag"));
    let (code, _, message) = refusal(apply(&client, "me", &map).await);
    assert_eq!(code, 403);
    assert!(message.contains("exceeded quota: small"), "{message}");
    for _ in 0..2 {
        assert_eq!(refusal(apply(&client, "me", &map).await).0, 500);
    }
    apply(&client, "me", &config_map("b", "k", "v"))
        .await
        .unwrap();
    assert!(server.get("configmaps", "todo", "a").is_none());
    apply(&client, "me", &map).await.unwrap();
}

#[tokio::test]
async fn a_fault_may_come_after_the_effect() {
    let (server, client) = start(Controllers::none()).await;
    server.on(Match::verb("patch"), Fault::timeout().after());
    let refused = apply(&client, "me", &config_map("a", "k", "v")).await;
    assert_eq!(refusal(refused).0, 504);
    assert!(server.get("configmaps", "todo", "a").is_some());

    server.on(Match::verb("patch"), Fault::cut().after());
    let cut = apply(&client, "me", &config_map("b", "k", "v")).await;
    assert!(!matches!(cut, Err(kube::Error::Api(_))), "{cut:?}");
    assert!(cut.is_err() && server.get("configmaps", "todo", "b").is_some());
    assert_eq!(server.calls().last().unwrap().status, 0);
}

#[tokio::test]
async fn an_object_disappears_and_answers_take_their_time() {
    let (server, client) = start(Controllers::none()).await;
    let maps = api(&client, "v1", "ConfigMap");
    apply(&client, "me", &config_map("a", "k", "v"))
        .await
        .unwrap();
    server.on(Match::verb("get"), Fault::delay(Duration::from_millis(50)));
    server.on(Match::verb("get"), Fault::vanish());
    let start = Instant::now();
    assert_eq!(refusal(maps.get("a").await).0, 404);
    assert!(start.elapsed() >= Duration::from_millis(50));
}

#[tokio::test]
async fn tokens_expire_and_servers_are_busy_until_healed() {
    let (server, client) = start(Controllers::none()).await;
    let maps = api(&client, "v1", "ConfigMap");
    server.on(Match::any(), Fault::unauthorized());
    assert_eq!(refusal(maps.get("a").await).0, 401);
    server.on(Match::any(), Fault::too_many_requests(1).always());
    for _ in 0..3 {
        let (code, reason, _) = refusal(maps.get("a").await);
        assert_eq!((code, reason.as_str()), (429, "TooManyRequests"));
    }
    server.heal();
    assert_eq!(refusal(maps.get("a").await).0, 404);
}

#[tokio::test]
async fn only_the_token_of_the_kubeconfig_is_let_in() {
    let (server, _) = start(Controllers::none()).await;
    let config = kube::Config::new(server.url().parse().unwrap());
    let stranger = kube::Client::try_from(config).unwrap();
    let maps = api(&stranger, "v1", "ConfigMap");
    assert_eq!(refusal(maps.get("a").await).0, 401);
}
