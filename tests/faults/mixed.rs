//! Mixed traffic under random kills.

use std::time::{Duration, Instant};

use anyhow::ensure;
use fastrand::Rng;
use spindrift_tests::Running;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::sizes::{events, seed};
use crate::world::{World, tell};
use crate::{Result, alone};

/// Events by SQL each second.
const RATE: usize = 600;

/// People who write by SQL, and people who call the API.
const WRITERS: usize = 48;
const CALLERS: usize = 4;

/// Kills the program and starts it again, until told to stop. Answers the one that
/// runs then.
async fn kill_again_and_again(
    world: &World,
    mut running: Running,
    place: &watch::Sender<String>,
    mut random: Rng,
    mut stop: watch::Receiver<bool>,
) -> Result<Running> {
    loop {
        let pause = Duration::from_millis(random.u64(200..1800));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.wait_for(|stop| *stop) => return Ok(running),
        }
        running.kill().await?;
        world.killed();
        running = world.todo().await?.run().await?;
        place.send_replace(running.api.url.clone());
    }
}

#[tokio::test]
async fn mixed_traffic_survives_random_kills() -> Result {
    let _alone = alone().await;
    let events = events()?;
    let world = World::new().await?;
    let running = world.todo().await?.run().await?;
    let (place, url) = watch::channel(running.api.url.clone());
    let (stop, stopped) = watch::channel(false);
    let mut calls = JoinSet::new();
    for caller in world.callers(&running.api.url, CALLERS).await? {
        calls.spawn(caller.call_until_stopped(url.clone(), stopped.clone()));
    }
    let mut writer = world.writer(WRITERS).await?;
    let began = Instant::now();
    let random = Rng::with_seed(seed()?);
    let kills = kill_again_and_again(&world, running, &place, random, stopped);
    let writes = async {
        let written = writer.write_at(RATE, events).await;
        stop.send_replace(true);
        written
    };
    let (running, written) = tokio::join!(kills, writes);
    written?;
    let running = running?;
    while let Some(call) = calls.join_next().await {
        call??;
    }
    let sent = began.elapsed();
    world.drained().await?;
    let drained = began.elapsed() - sent;
    tell(&format!(
        "mixed traffic: sent in {sent:.1?}, delivered {drained:.1?} later"
    ));
    let acknowledged = world.ledger.open().acknowledged();
    ensure!(acknowledged > events, "the API acknowledged nothing");
    world.finish("mixed traffic", running).await
}
