//! The whole application, served by Knative.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use spindrift_tests::within;

use crate::world::{PATIENCE, World};

#[tokio::test]
async fn every_function_is_served_through_its_route_and_wakes_from_zero() -> Result<()> {
    let world = World::new().await?;
    world.deploy().await?;
    let host = world.host("todo-edge").await?;
    let token = world.sign_up(&host).await?;
    let ask = async |method, path, body| world.ask(&host, method, path, &token, body).await;

    for path in [
        "/health",
        "/api/openapi.json",
        "/api/auth/me",
        "/api/tasks",
        "/api/recurring-tasks",
        "/api/stats",
        "/api/notifications",
        "/",
    ] {
        let (status, answer) = ask(Method::GET, path, Value::Null).await?;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    }
    let (status, _) = ask(Method::POST, "/_events/notify", json!({})).await?;
    assert_eq!(
        status,
        StatusCode::NOT_FOUND,
        "events come from nobody outside"
    );

    // An event finds its handler at zero, and what it does is done.
    world.pods_are("todo-audit", |pods| pods == 0).await?;
    let (status, task) = ask(
        Method::POST,
        "/api/tasks",
        json!({ "title": "Water the plants" }),
    )
    .await?;
    assert_eq!(status, StatusCode::CREATED, "{task}");
    let began = Instant::now();
    let handled = format!(
        "SELECT count(*) FROM todo.task_event_log WHERE subject = '{}'",
        task["id"].as_str().unwrap_or_default()
    );
    within(PATIENCE, "the event to be in the log", async || {
        (world.database.count(&handled).await.ok()? == 1).then_some(())
    })
    .await?;
    println!(
        "cluster: from a change to its effect, the handler at zero: {:?}",
        began.elapsed()
    );

    // What has nothing to do goes, and comes back when it is asked for.
    let gone = world.pods_are("todo-tasks", |pods| pods == 0).await?;
    let began = Instant::now();
    let (status, _) = ask(Method::GET, "/api/tasks", Value::Null).await?;
    assert_eq!(status, StatusCode::OK);
    println!(
        "cluster: at zero after {gone:?}, and back in {:?}",
        began.elapsed()
    );
    world.end().await
}

#[tokio::test]
async fn the_smallest_application_is_one_command() -> Result<()> {
    let world = World::new().await?;
    let hello = spindrift_tests::workspace().join("examples/hello");
    world.profile(
        "hello",
        &format!("namespace = {:?}\n[release]\nsteps = []\n", world.namespace),
    )?;
    let image = std::env::var("CLUSTER_IMAGE_HELLO")?;
    let began = Instant::now();
    let mut command = world.command(&hello, "status", "hello")?;
    _ = command.status().await?;
    let mut deploy = tokio::process::Command::new(spindrift_tests::program()?);
    deploy
        .args(["deploy", "--image", &image, "--from"])
        .arg(&hello);
    deploy.arg("--profile").arg(world.path("hello.toml"));
    let output = deploy.output().await?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    println!("cluster: hello deployed in {:?}", began.elapsed());
    let ran = world
        .run_on(&hello, "status", "hello", &["--output", "json"])
        .await?;
    let status: Value = serde_json::from_str(&ran.out)?;
    let services = status["services"].as_array().cloned().unwrap_or_default();
    let edge = services
        .iter()
        .find(|one| one["name"] == "hello-edge")
        .unwrap();
    let host = edge["url"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    let (status, answer) = world
        .ask(&host, Method::GET, "/hello/world", "", Value::Null)
        .await?;
    assert_eq!(
        (status, answer.as_str()),
        (StatusCode::OK, Some("Hello, world!\n"))
    );
    assert!(began.elapsed() < Duration::from_secs(120));
    world.end().await
}
