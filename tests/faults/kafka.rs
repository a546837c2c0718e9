//! Through Kafka: killed on the way, with members that come and go, and brokers too.

use std::time::Duration;

use serde_json::json;
use spindrift_failpoints::{KAFKA_BURIED, KAFKA_HANDLED, RELAY_PUBLISHED};
use spindrift_test_kafka::{Kafka, Options, skipped};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

use crate::Result;
use crate::failpoints::work_until_killed;
use crate::world::World;

/// Events of a scenario, and how many a second.
const EVENTS: usize = 1500;
const RATE: usize = 300;

/// One at a time, and beside the others: these wait for brokers and for groups most of
/// the time.
async fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}

/// The run's broker, of one scenario after another: each leaves nothing unread. It
/// ends with this process.
async fn broker() -> Result<&'static Kafka> {
    static KAFKA: OnceCell<Kafka> = OnceCell::const_new();
    let start = || Kafka::start(Options::nodes(1));
    KAFKA.get_or_try_init(start).await
}

#[tokio::test]
async fn killed_between_the_outbox_and_the_offset_it_loses_nothing() -> Result {
    if skipped() {
        return Ok(());
    }
    let _turn = turn().await;
    let world = World::new().await?.through(broker().await?);
    let mut writer = world.writer(1).await?;
    let (_, _, mut unreadable) = writer.next()?;
    unreadable["headers"]["poison"] = json!("a type that is not known");
    unreadable["headers"]["type"] = json!("todo.task.exploded");
    writer.insert(&[unreadable]).await?;
    for place in [KAFKA_BURIED, RELAY_PUBLISHED, KAFKA_HANDLED] {
        work_until_killed(&world, place).await?;
    }
    let running = world.todo().await?.run().await?;
    world
        .finish("killed on the way through Kafka", running)
        .await
}

#[tokio::test]
async fn members_that_come_and_go_lose_nothing() -> Result {
    if skipped() {
        return Ok(());
    }
    let _turn = turn().await;
    let world = World::new().await?.through(broker().await?);
    let running = world.todo().await?.run().await?;
    let mut writer = world.writer(24).await?;
    let storm = async {
        for kill in [false, true, false] {
            let other = world.todo().await?.run().await?;
            tokio::time::sleep(Duration::from_millis(700)).await;
            if kill {
                other.kill().await?;
                world.killed();
            } else {
                other.stop().await?;
            }
        }
        anyhow::Ok(())
    };
    let (stormed, written) = tokio::join!(storm, writer.write_at(RATE, EVENTS));
    stormed?;
    written?;
    world.finish("rebalances", running).await
}

#[tokio::test]
async fn brokers_that_die_and_come_back_lose_nothing() -> Result {
    if skipped() {
        return Ok(());
    }
    let _turn = turn().await;
    let mut kafka = Kafka::start(Options::nodes(3)).await?;
    let world = World::new().await?.through(&kafka);
    let running = world.todo().await?.run().await?;
    let mut writer = world.writer(24).await?;
    let faults = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // Its leaderships move.
        kafka.kill(1);
        world.killed();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        // Too few are in sync for anything to be written.
        kafka.kill(2);
        world.killed();
        tokio::time::sleep(Duration::from_millis(1500)).await;
        kafka.restart(1).await?;
        kafka.restart(2).await
    };
    let (faults, written) = tokio::join!(faults, writer.write_at(RATE, EVENTS));
    faults?;
    written?;
    world.finish("brokers", running).await
}
