//! Brokers that go away.

use std::time::{Duration, Instant};

use anyhow::Result;
use spindrift_kafka::{Error, Producer, PublishError};
use spindrift_test_kafka::{Kafka, Options, skipped};

use crate::support::{Function, World, doubles, event, first_in_order, good, plaintext, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_killed_and_back_costs_time_and_nothing_else() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let mut kafka = Kafka::start(Options::nodes(1)).await?;
    let world = World::new(&kafka, 1, 4).await?;
    let function = Function::good();
    let consumer = world.consume(&function)?;
    let producer = Producer::new(&world.connection, Duration::from_secs(2))?;
    let events = world.events(10, 60);
    let (before, after) = events.split_at(300);
    good(producer.publish(before.to_vec()).await)?;
    until("what was sent before", async || {
        function.done().len() >= 300
    })
    .await?;
    kafka.kill(0);
    let asked = Instant::now();
    let results = producer.publish(after.to_vec()).await;
    assert!(
        asked.elapsed() < Duration::from_secs(5),
        "{:?}",
        asked.elapsed()
    );
    assert!(
        results
            .iter()
            .all(|r| matches!(r, Err(PublishError::Unreachable(_)))),
        "{results:?}"
    );
    let Err(Error::Unreachable { reason, .. }) = producer.check().await else {
        panic!("a broker that is dead was reached");
    };
    assert!(
        reason.contains("refused") || reason.contains("failed"),
        "{reason}"
    );
    kafka.restart(0).await?;
    // As the relay does: again, in the same order, until all is acknowledged.
    until("the broker's being back", async || {
        good(producer.publish(after.to_vec()).await).is_ok()
    })
    .await?;
    until("all", async || {
        let done = function.done();
        done.len() - doubles(&done) >= 600
    })
    .await?;
    consumer.stop().await?;
    let counts = first_in_order(&function.done());
    assert!(counts.len() == 10 && counts.values().all(|count| *count == 60));
    kafka.stop();
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_broker_never_fills_the_memory() -> Result<()> {
    let connection = plaintext("127.0.0.1:1");
    let producer = Producer::new(&connection, Duration::from_secs(1))?;
    let many: Vec<_> = (0..30_000).map(|n| event("t", "k", n)).collect();
    let asked = Instant::now();
    let results = producer.publish(many).await;
    assert!(
        asked.elapsed() < Duration::from_secs(10),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!(results.len(), 30_000);
    assert!(results.iter().all(Result::is_err));
    producer.close().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_killed_is_replaced() -> Result<()> {
    if skipped() {
        return Ok(());
    }
    let mut kafka = Kafka::start(Options::nodes(3)).await?;
    let connection = plaintext(&kafka.bootstrap());
    let world = World::with(connection, 1, 6, 3).await?;
    let function = Function::good();
    let consumer = world.consume(&function)?;
    let events = world.events(30, 60);
    let mut batches = events.chunks(100);
    for batch in batches.by_ref().take(6) {
        good(world.producer.publish(batch.to_vec()).await)?;
    }
    kafka.kill(0);
    for batch in batches {
        good(world.producer.publish(batch.to_vec()).await)?;
    }
    until("all", async || {
        let done = function.done();
        done.len() - doubles(&done) >= 1800
    })
    .await?;
    consumer.stop().await?;
    let counts = first_in_order(&function.done());
    assert!(counts.len() == 30 && counts.values().all(|count| *count == 60));
    Ok(())
}
