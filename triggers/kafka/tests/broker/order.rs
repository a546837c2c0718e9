//! What is in order, and who waits for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use spindrift_cloudevents::Answer;
use spindrift_kafka::Metrics;

use crate::support::{Function, World, doubles, event, first_in_order, good, kafka, until};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_one_key_are_handled_in_order_however_often_they_are_retried() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 12).await?;
    let function = Function::new(Duration::ZERO, |event, before| {
        let n: usize = event.id().rsplit('/').next().unwrap().parse().unwrap();
        match (n % 5, before) {
            (0, 0) => Answer::Status(500),
            (1, 0) => Answer::None("a trap".into()),
            (2, 0..2) => Answer::Status(503),
            _ => Answer::Status(204),
        }
    });
    let consumer = world.consume(&function)?;
    good(world.producer.publish(world.events(40, 50)).await)?;
    until("2000 events", async || function.done().len() >= 2000).await?;
    consumer.stop().await?;
    let counts = first_in_order(&function.done());
    assert!(counts.len() == 40 && counts.values().all(|count| *count == 50));
    assert_eq!(doubles(&function.done()), 0);
    // Neither did another event of the key come between an event's attempts.
    let attempts: Vec<String> = function
        .seen()
        .iter()
        .map(|s| s.event.id().into())
        .collect();
    first_in_order(&attempts);
    assert_eq!(world.committed(&world.topic(0).name).await?, 2000);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partition_that_retries_holds_itself_alone() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let mut world = World::new(kafka, 2, 1).await?;
    let mut registry = Registry::default();
    world.metrics = Metrics::register(&mut registry);
    // One turn for both partitions: whoever waits must not keep it.
    world.subscription.concurrency = Some(1);
    let healed = Arc::new(AtomicBool::new(false));
    let function = Function::new(Duration::ZERO, {
        let healed = healed.clone();
        move |event, _| match event.id() {
            "stuck/0" if !healed.load(Ordering::Relaxed) => Answer::Status(503),
            _ => Answer::Status(204),
        }
    });
    let consumer = world.consume(&function)?;
    let (stuck, free) = (world.topic(0).name.clone(), world.topic(1).name.clone());
    let both = (0..1000).flat_map(|n| [event(&stuck, "stuck", n), event(&free, "free", n)]);
    good(world.producer.publish(both.collect()).await)?;
    until("the free partition", async || function.done().len() >= 1000).await?;
    assert!(function.done().iter().all(|id| id.starts_with("free/")));
    assert_eq!(world.committed(&stuck).await?, 0);
    let labels = format!(r#"function="handler",topic="{stuck}""#);
    let shown = |line: &str| {
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text.lines().any(|shown| shown == line)
    };
    assert!(shown(&format!(
        "spindrift_kafka_partitions_retrying{{{labels}}} 1"
    )));
    assert!(shown(&format!(
        "spindrift_kafka_partition_pauses_total{{{labels}}} 1"
    )));
    let lag = format!(
        r#"group="{}",topic="{stuck}",partition="0""#,
        world.subscription.group
    );
    until("the lag", async || {
        shown(&format!("spindrift_kafka_lag{{{lag}}} 1000"))
    })
    .await?;
    healed.store(true, Ordering::Relaxed);
    until("the stuck partition", async || {
        function.done().len() >= 2000
    })
    .await?;
    consumer.stop().await?;
    let counts = first_in_order(&function.done());
    assert_eq!(counts["stuck"], 1000);
    assert_eq!(doubles(&function.done()), 0);
    assert!(shown(&format!(
        "spindrift_kafka_partitions_retrying{{{labels}}} 0"
    )));
    Ok(())
}
