//! How long a function takes to come from zero, beside a container that does nothing.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::{Method, StatusCode};

use crate::world::World;

/// Pairs of starts; fewer for a quick look.
fn pairs() -> usize {
    std::env::var("CLUSTER_PAIRS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(5)
}

#[tokio::test]
async fn a_cold_start_is_little_more_than_that_of_an_empty_container() -> Result<()> {
    let Ok(empty) = std::env::var("CLUSTER_IMAGE_EMPTY") else {
        println!("cluster: no CLUSTER_IMAGE_EMPTY to compare with");
        return Ok(());
    };
    let world = World::new().await?;
    world.deploy().await?;
    world.empty(&empty).await?;
    let ours = format!("todo-docs.{}.svc.cluster.local", world.namespace);
    let theirs = format!("empty.{}.svc.cluster.local", world.namespace);
    let (mut docs, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..pairs() {
        docs.push(cold(&world, "todo-docs", &ours, "/api/openapi.json").await?);
        nothing.push(cold(&world, "empty", &theirs, "/").await?);
    }
    let (docs, nothing) = (median(docs), median(nothing));
    let ratio = docs.as_secs_f64() / nothing.as_secs_f64();
    println!(
        "cluster: cold starts: a function {docs:?}, an empty container {nothing:?}, ratio {ratio:.2}"
    );
    world.end().await
}

async fn cold(world: &World, service: &str, host: &str, path: &str) -> Result<Duration> {
    world.pods_are(service, |pods| pods == 0).await?;
    let began = Instant::now();
    let (status, answer) = world.ask_inside(host, Method::GET, path).await?;
    assert_eq!(status, StatusCode::OK, "{answer}");
    Ok(began.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    println!("cluster: {times:?}");
    times[times.len() / 2]
}
