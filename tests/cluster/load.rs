//! Many requests: pods come, and a release goes by unnoticed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::world::World;

/// Requests that go on until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    failed: Arc<std::sync::Mutex<Vec<String>>>,
    callers: JoinSet<()>,
}

impl Load {
    fn start(world: &Arc<World>, host: &str, token: &str, callers: usize) -> Self {
        let mut load = Self {
            stop: Arc::default(),
            answered: Arc::default(),
            failed: Arc::default(),
            callers: JoinSet::new(),
        };
        for _ in 0..callers {
            let (world, host, token) = (world.clone(), host.to_owned(), token.to_owned());
            let (stop, answered, failed) = (
                load.stop.clone(),
                load.answered.clone(),
                load.failed.clone(),
            );
            load.callers.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    match world
                        .ask(&host, Method::GET, "/api/tasks", &token, Value::Null)
                        .await
                    {
                        Ok((StatusCode::OK, _)) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        Ok((status, answer)) => {
                            failed.lock().unwrap().push(format!("{status}: {answer}"));
                        }
                        Err(error) => failed.lock().unwrap().push(format!("{error:#}")),
                    }
                }
            });
        }
        load
    }

    async fn end(self) -> (u64, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        _ = self.callers.join_all().await;
        let failed = self.failed.lock().unwrap().clone();
        (self.answered.load(Ordering::Relaxed), failed)
    }
}

#[tokio::test]
async fn load_brings_pods_and_a_release_under_load_fails_no_request() -> Result<()> {
    let world = Arc::new(World::new().await?);
    // A pod is to have two requests at once, so that sixteen callers want eight.
    let text = world.profile_text("todo")?;
    world.profile(
        "todo",
        &format!("{text}\n[services.tasks]\nscale = {{ min = 1, max = 5, target = 2 }}\n"),
    )?;
    let first = world.deploy().await?;
    let host = world.host("todo-edge").await?;
    let token = world.sign_up(&host).await?;

    let load = Load::start(&world, &host, &token, 12);
    let took = world.pods_are("todo-tasks", |pods| pods >= 4).await?;
    println!("cluster: four pods after {took:?}");
    let text = world.profile_text("todo")?;
    world.profile(
        "todo",
        &text.replace("[variables]", "[variables]\nsignups_per_hour = 1000"),
    )?;
    let second = world.deploy().await?;
    assert_ne!(first, second);
    // The load goes on for a while, with the old pods on their way out.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (answered, failed) = load.end().await;
    println!(
        "cluster: {answered} requests across a release, {} failed",
        failed.len()
    );
    assert!(failed.is_empty(), "{failed:?}");
    assert!(answered > 100);
    Arc::into_inner(world).unwrap().end().await
}
