//! Killed at every place between a commit and an acknowledged delivery.

use std::ops::Range;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use anyhow::{Context, ensure};
use fastrand::Rng;
use rustix::process::Signal;
use spindrift_failpoints as places;
use spindrift_tests::{Running, program, program_with_failpoints, within};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::sizes::seed;
use crate::world::{World, tell};
use crate::{Result, alone};

/// Places that nothing comes past without Kafka: see `kafka`.
const OF_KAFKA: [&str; 3] = [
    places::RELAY_PUBLISHED,
    places::KAFKA_HANDLED,
    places::KAFKA_BURIED,
];

/// Places of the scheduler: see `ticks`.
const OF_TICKS: [&str; 2] = [places::CRON_CLAIMED, places::CRON_DELIVERED];

/// Besides the first passage, it is killed at one of these, in the middle of things.
const LATER: Range<u32> = 2..40;

/// How long it may take until the program comes past a place.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits for the end of a program that kills itself.
async fn killed(mut running: Running, place: &str) -> Result {
    within(PATIENCE, place, async || running.has_ended().then_some(())).await?;
    let (status, _) = running.ended().await?;
    let signal = status.signal().context("it ended by itself")?;
    ensure!(signal == Signal::KILL.as_raw(), "{place}: {status}");
    Ok(())
}

/// Starts a program that dies at a place, and has it work until then.
pub(crate) async fn work_until_killed(world: &World, place: &str) -> Result {
    let running = world.todo().await?.killed_at(place)?.run().await?;
    let (_place, url) = watch::channel(running.api.url.clone());
    let (stop, stopped) = watch::channel(false);
    let mut calls = JoinSet::new();
    for caller in world.callers(&running.api.url, 2).await? {
        calls.spawn(caller.call_until_stopped(url.clone(), stopped.clone()));
    }
    let mut writer = world.writer(8).await?;
    let writes = async {
        for _ in 0..50 {
            writer.write(4).await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::Ok(())
    };
    let (killed, written) = tokio::join!(killed(running, place), writes);
    stop.send_replace(true);
    while let Some(call) = calls.join_next().await {
        call??;
    }
    written?;
    killed?;
    world.killed();
    Ok(())
}

#[tokio::test]
async fn killed_at_any_place_it_loses_nothing_and_doubles_nothing() -> Result {
    let _alone = alone().await;
    let mut random = Rng::with_seed(seed()?);
    let all = places::ALL.iter().copied();
    for place in all.filter(|place| !OF_KAFKA.contains(place) && !OF_TICKS.contains(place)) {
        for passage in [1, random.u32(LATER)] {
            let place = format!("{place}:{passage}");
            let world = World::new().await?;
            work_until_killed(&world, &place).await?;
            let running = world.todo().await?.run().await?;
            world.finish(&format!("killed at {place}"), running).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_release_build_knows_of_no_place() -> Result {
    let release = std::fs::read(program()?)?;
    let with_places = std::fs::read(program_with_failpoints()?)?;
    for name in places::ALL.iter().copied().chain(["SPINDRIFT_FAILPOINT"]) {
        let has = |program: &[u8]| memchr::memmem::find(program, name.as_bytes()).is_some();
        ensure!(!has(&release), "the release build knows {name}");
        // So that it is known to be looked for in the right way.
        ensure!(has(&with_places), "{name} is in no build");
    }
    tell(&format!(
        "{} places, none in the release build",
        places::ALL.len()
    ));
    Ok(())
}

#[tokio::test]
async fn a_place_that_is_not_reached_kills_nothing() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let start = world.todo().await?.killed_at("no.such-place")?;
    let running = start.run().await?;
    world.writer(2).await?.write(10).await?;
    world.finish("no place", running).await
}
