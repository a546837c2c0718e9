//! Services that are away, and the edge itself when it starts and stops.

use std::time::{Duration, Instant};

use anyhow::ensure;
use rustix::process::Signal;
use serde_json::json;
use spindrift_tests::{Start, until, workspace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Service, before};
use crate::Result;

#[tokio::test]
async fn a_service_that_is_away_is_said_to_be_and_found_again() -> Result {
    let service = Service::new().await?;
    let there = service.port;
    let edge = before(there, &[]).await?;
    drop(service);
    let answer = edge.api.post("/", &json!({})).send().await?;
    answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    // One that is back within moments has every request: nothing was sent before.
    let asked = tokio::spawn(edge.api.post("/", &json!({})).send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    let listener = TcpListener::bind(("127.0.0.1", there)).await?;
    let service = Service {
        listener,
        port: there,
    };
    let (mut stream, _) = service.request().await?;
    stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await?;
    asked.await??.expect(204);
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_service_that_breaks_off_or_says_nothing_fails_the_request_alone() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &["--response-timeout", "500ms"]).await?;
    let asked = tokio::spawn(edge.api.post("/", &json!({})).send());
    drop(service.request().await?);
    let answer = asked.await??;
    answer.problem(502, "bad-gateway");
    assert_eq!(answer.header("retry-after"), "1");

    let begun = Instant::now();
    let asked = tokio::spawn(edge.api.get("/").send());
    let (mut stream, _) = service.request().await?;
    asked.await??.problem(504, "function-timeout");
    assert!(begun.elapsed() >= Duration::from_millis(500));
    let mut end = [0; 1];
    assert_eq!(stream.read(&mut end).await?, 0, "it was not told");

    // The time is that to the head alone.
    let asked = tokio::spawn(edge.api.get("/").send());
    let (mut stream, _) = service.request().await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na")
        .await?;
    tokio::time::sleep(Duration::from_millis(700)).await;
    stream.write_all(b"b").await?;
    assert_eq!(asked.await??.expect(200).text(), "ab");
    edge.stop().await?;
    Ok(())
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_edge_ends() -> Result {
    let service = Service::new().await?;
    let edge = before(service.port, &[]).await?;
    let asked = tokio::spawn(edge.api.get("/").send());
    let (mut stream, _) = service.request().await?;
    edge.signal(Signal::TERM)?;
    let admin = edge.admin().await?;
    until("word that it stops", async || {
        let answer = admin.get("/readyz").send().await.ok()?;
        (answer.status == 503).then_some(())
    })
    .await?;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        .await?;
    assert_eq!(asked.await??.expect(200).text(), "ok");
    let (status, _) = edge.ended().await?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[tokio::test]
async fn where_components_are_is_checked_at_the_start() -> Result {
    let manifest = workspace().join("spin.toml");
    for (to, placement, words) in [
        (
            "http://{service}.todo",
            "tsks=api",
            "there is no component \"tsks\"",
        ),
        ("http://{service}.todo/base", "", "has a path"),
        (
            "http://127.0.0.1:{service}",
            "tasks=1",
            "`--to` makes http://127.0.0.1:audit",
        ),
    ] {
        let edge = Start::edge(&manifest, to)?.env("SPINDRIFT_PLACEMENT", placement);
        let ended = edge.end().await?;
        assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
        assert!(
            ended.stderr.contains(words),
            "{words} is not in {}",
            ended.stderr
        );
    }
    Ok(())
}
