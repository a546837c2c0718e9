//! The link to the database is cut in the middle of things, and healed.

use std::time::Duration;

use serde_json::Value;
use spindrift_tests::{Start, within};
use tokio::sync::watch;

use crate::proxy::Proxy;
use crate::world::World;
use crate::{Result, alone};

/// How often, how long it holds before that, and how long it is cut.
const CUTS: usize = 6;
const WHOLE: Duration = Duration::from_millis(400);
const CUT: Duration = Duration::from_millis(250);

/// Changes by SQL, which goes another way.
const EVENTS: usize = 1200;

#[tokio::test]
async fn a_cut_link_loses_nothing_and_doubles_nothing() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let proxy = Proxy::start(&world.database).await?;
    let far = proxy.far_side(&world.database);
    let running = Start::todo(&far).await?.run().await?;
    let (_place, url) = watch::channel(running.api.url.clone());
    let (stop, stopped) = watch::channel(false);
    let mut calls = tokio::task::JoinSet::new();
    for caller in world.callers(&running.api.url, 3).await? {
        calls.spawn(caller.call_until_stopped(url.clone(), stopped.clone()));
    }
    let cuts = async {
        for cut in 0..CUTS {
            // Not in step with anything that repeats.
            tokio::time::sleep(WHOLE + Duration::from_millis(37 * cut as u64)).await;
            proxy.cut();
            world.killed();
            tokio::time::sleep(CUT).await;
            proxy.heal();
        }
    };
    let mut writer = world.writer(16).await?;
    let ((), written) = tokio::join!(cuts, writer.write_at(300, EVENTS));
    written?;
    // It is the same program that goes on.
    within(Duration::from_secs(20), "the API", async || {
        let answer = running.api.get("/health").send().await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await?;
    let interrupted = |record: &Value| record["message"] == "the relay was interrupted";
    running
        .record("the relay's own link to be cut", interrupted)
        .await?;
    stop.send_replace(true);
    while let Some(call) = calls.join_next().await {
        call??;
    }
    world.finish("cut link", running).await
}
