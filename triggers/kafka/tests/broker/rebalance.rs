//! Partitions that move while there is work.

use std::time::Duration;

use anyhow::Result;
use spindrift_cloudevents::Answer;

use crate::support::{Function, World, doubles, first_in_order, good, kafka, until};

const PARTITIONS: i32 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn rebalances_under_load_lose_nothing_and_double_only_what_was_under_way() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, PARTITIONS).await?;
    let function = Function::new(Duration::from_millis(5), |_, _| Answer::Status(204));
    let events = world.events(60, 100);
    let first = world.consume(&function)?;
    let publish = async { good(world.producer.publish(events).await) };
    let members_come_and_go = async {
        until("some work", async || function.done().len() >= 500).await?;
        let second = world.consume(&function)?;
        until("more of it", async || function.done().len() >= 2000).await?;
        let third = world.consume(&function)?;
        until("yet more", async || function.done().len() >= 3500).await?;
        first.stop().await?;
        until("nearly all", async || function.done().len() >= 5000).await?;
        second.stop().await?;
        anyhow::Ok(third)
    };
    let (published, third) = tokio::join!(publish, members_come_and_go);
    published?;
    until("all", async || {
        let done = function.done();
        done.len() - doubles(&done) >= 6000
    })
    .await?;
    third?.stop().await?;
    let counts = first_in_order(&function.done());
    assert!(counts.len() == 60 && counts.values().all(|count| *count == 100));
    // Two members joined; each may have taken over what was with the function.
    let doubled = doubles(&function.done());
    assert!(doubled <= 2 * PARTITIONS as usize, "{doubled} doubled");
    println!("6000 events, 4 rebalances, {doubled} doubled");
    assert_eq!(world.committed(&world.topic(0).name).await?, 6000);
    Ok(())
}
