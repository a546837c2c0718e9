//! Two hosts on one database: one delivers, and when it dies the other one does.

use std::time::{Duration, Instant};

use anyhow::ensure;
use spindrift_tests::{Running, Start, metrics, until};

use crate::proxy::Proxy;
use crate::ticks::{DELIVERED, DOUBLED, ticks, witness};
use crate::world::{World, tell};
use crate::{Result, alone};

/// The longest that nobody may deliver.
const GAP: Duration = Duration::from_secs(5);

/// Events of a scenario, and how many a second: so many that some are under way
/// whenever a leader dies.
const EVENTS: usize = 1500;
const RATE: usize = 1500;

/// A host that is told of its database as an operator would.
async fn host(world: &World) -> Result<Start> {
    let start = Start::private_todo().await?;
    Ok(start.env("DATABASE_URL", &world.database.superuser_url))
}

/// Whether a host's relay is the one that works.
async fn leads(running: &Running) -> Option<bool> {
    let admin = running.admin().await.ok()?;
    let leads = metrics::sum(&admin, "spindrift_outbox_leader", &[])
        .await
        .ok()?;
    Some(leads == 1.0)
}

/// Waits until this host's relay is the one that works.
async fn leading(running: &Running) -> Result {
    until("it to lead", async || (leads(running).await?).then_some(())).await
}

/// Two hosts: the one that leads first.
async fn by_rank(one: Running, other: Running) -> Result<(Running, Running)> {
    let first = until("one of them to lead", async || {
        let (a, b) = (leads(&one).await?, leads(&other).await?);
        (a != b).then_some(a)
    })
    .await?;
    Ok(if first { (one, other) } else { (other, one) })
}

#[tokio::test]
async fn when_the_leader_is_killed_the_other_takes_over() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let mut writer = world.writer(16).await?;
    let mut other = host(&world).await?.run().await?;
    for _ in 0..2 {
        let one = host(&world).await?.run().await?;
        let (leader, follower) = by_rank(one, other).await?;
        let kill = async {
            tokio::time::sleep(Duration::from_millis(600)).await;
            leader.kill().await?;
            world.killed();
            let killed = Instant::now();
            leading(&follower).await?;
            anyhow::Ok(killed.elapsed())
        };
        let (gap, written) = tokio::join!(kill, writer.write_at(RATE, EVENTS));
        written?;
        let gap = gap?;
        tell(&format!(
            "two hosts: the other one led {gap:?} after the kill"
        ));
        ensure!(gap < GAP, "nobody led for {gap:?}");
        world.drained().await?;
        other = follower;
    }
    world.finish("two hosts", other).await
}

#[tokio::test]
async fn a_leader_that_lost_its_link_does_no_harm_and_leads_again() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let proxy = Proxy::start(&world.database).await?;
    let far = proxy.far_side(&world.database);
    let leader = Start::todo(&far).await?.run().await?;
    leading(&leader).await?;
    let follower = host(&world).await?.run().await?;
    let mut writer = world.writer(16).await?;
    let faults = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        proxy.cut();
        world.killed();
        leading(&follower).await?;
        proxy.heal();
        tokio::time::sleep(Duration::from_millis(500)).await;
        follower.kill().await?;
        world.killed();
        leading(&leader).await
    };
    let (faults, written) = tokio::join!(faults, writer.write_at(RATE, EVENTS));
    faults?;
    written?;
    world.finish("a leader without its link", leader).await
}

#[tokio::test]
async fn of_two_hosts_one_has_each_tick() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let one = witness(&world).await?.run().await?;
    let other = witness(&world).await?.run().await?;
    ticks(&world, 4).await?;
    one.kill().await?;
    // The other one has had ticks of its own, and goes on with all of them.
    ticks(&world, 3).await?;
    other.stop().await?;
    let (ticks, doubled) = (world.number(DELIVERED).await?, world.number(DOUBLED).await?);
    tell(&format!("two hosts: {ticks} ticks, {doubled} doubled"));
    ensure!(doubled == 0, "{doubled} ticks came twice");
    Ok(())
}
