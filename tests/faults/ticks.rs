//! Ticks of jobs, and the places at which their hosts are killed.

use std::time::Duration;

use anyhow::{Context, ensure};
use spindrift_failpoints::{CRON_CLAIMED, CRON_DELIVERED};
use spindrift_tests::{Running, Start, until, within};

use crate::world::{World, tell};
use crate::{Result, alone};

/// The witness on the world's database.
pub(crate) async fn witness(world: &World) -> Result<Start> {
    Start::witness(&world.database).await
}

/// Ticks that were delivered more often than once, though nobody died of them.
pub(crate) const DOUBLED: &str = "SELECT count(*) FROM (\
    SELECT event_id FROM witness.deliveries WHERE source LIKE '%pingsources/witness' \
    GROUP BY event_id HAVING count(*) > 1) doubled";

/// Ticks that were delivered.
pub(crate) const DELIVERED: &str = "SELECT count(DISTINCT event_id) FROM witness.deliveries \
    WHERE source LIKE '%pingsources/witness'";

/// Ticks whose host did not say how they ended.
const LEFT_BEHIND: &str =
    "SELECT count(*) FROM spindrift.cron_ticks WHERE finished_at IS NULL AND outcome IS NULL";

/// Waits for `count` more ticks.
pub(crate) async fn ticks(world: &World, count: i64) -> Result {
    let before = world.number(DELIVERED).await?;
    within(Duration::from_secs(20), "ticks", async || {
        (world.number(DELIVERED).await.ok()? >= before + count).then_some(())
    })
    .await
}

async fn dies(mut running: Running) -> Result {
    until("the host to die", async || {
        running.has_ended().then_some(())
    })
    .await?;
    running.ended().await?;
    Ok(())
}

/// The id of the tick that was left behind.
const ITS_ID: &str = "SELECT name || '@' || to_char(due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
    FROM spindrift.cron_ticks WHERE finished_at IS NULL AND outcome IS NULL";

/// Kills a host at a place, and has another one come. Answers how often the tick
/// that the first one had was delivered before, and in all.
async fn left_and_taken_over(world: &World, place: &str) -> Result<[i64; 2]> {
    // Not at the first: it may come before the program says that it serves.
    let place = format!("{place}:2");
    dies(witness(world).await?.killed_at(&place)?.run().await?).await?;
    world.killed();
    ensure!(
        world.number(LEFT_BEHIND).await? == 1,
        "no tick was left behind"
    );
    let rows = world.database.rows(ITS_ID).await?;
    let id: String = rows.first().context("no tick was left behind")?.get(0);
    let deliveries = format!("SELECT count(*) FROM witness.deliveries WHERE event_id = '{id}'");
    let before = world.number(&deliveries).await?;
    // As if the job's timeout were over. Newer ticks would take its place: it is
    // taken over while there are none.
    let old = "UPDATE spindrift.cron_ticks SET claimed_at = claimed_at - interval '1 hour' \
        WHERE finished_at IS NULL";
    world.execute(old).await?;
    let running = witness(world).await?.run().await?;
    ticks(world, 2).await?;
    running.stop().await?;
    Ok([before, world.number(&deliveries).await?])
}

#[tokio::test]
async fn a_killed_host_costs_no_tick_after_it() -> Result {
    let _alone = alone().await;
    for (place, delivered) in [(CRON_CLAIMED, 0), (CRON_DELIVERED, 1)] {
        let world = World::new().await?;
        let [before, all] = left_and_taken_over(&world, place).await?;
        tell(&format!(
            "killed at {place}: its tick came {before} times, then {all}"
        ));
        ensure!(
            before == delivered,
            "{place}: it was delivered {before} times"
        );
        // Taken over once at the most, and with it only the one that was left.
        ensure!(all <= before + 1, "{place}: it was delivered {all} times");
        let left = world.number(DOUBLED).await?;
        ensure!(left <= i64::from(all > 1), "{left} ticks came twice");
    }
    Ok(())
}
