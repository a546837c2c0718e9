//! The end of a consumer.

use std::time::{Duration, Instant};

use anyhow::Result;
use spindrift_cloudevents::Answer;

use crate::support::{Function, World, doubles, first_in_order, good, kafka, until};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_before_a_stop_is_not_done_again_after_it() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 12).await?;
    let function = Function::new(Duration::from_millis(2), |_, _| Answer::Status(204));
    good(world.producer.publish(world.events(30, 40)).await)?;
    for part in 1..=4 {
        let consumer = world.consume(&function)?;
        until("a quarter", async || function.done().len() >= 300 * part).await?;
        consumer.stop().await?;
    }
    assert_eq!(
        first_in_order(&function.done()).values().sum::<usize>(),
        1200
    );
    assert_eq!(doubles(&function.done()), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_never_answers_does_not_hold_a_stop_for_ever() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 1).await?;
    let hanging = Function::new(Duration::from_secs(3600), |_, _| Answer::Status(204));
    let consumer = world.consume(&hanging)?;
    good(world.producer.publish(world.events(1, 3)).await)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopping = Instant::now();
    consumer.stop().await?;
    assert!(
        stopping.elapsed() < Duration::from_secs(9),
        "{:?}",
        stopping.elapsed()
    );
    let function = Function::good();
    let consumer = world.consume(&function)?;
    until("what was left", async || function.done().len() >= 3).await?;
    consumer.stop().await?;
    assert_eq!(function.done(), ["key-0/0", "key-0/1", "key-0/2"]);
    Ok(())
}
