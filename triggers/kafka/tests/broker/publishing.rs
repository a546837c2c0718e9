//! What the producer answers.

use std::time::Duration;

use anyhow::Result;
use spindrift_cloudevents::{Event, Outgoing};
use spindrift_kafka::PublishError;

use crate::support::{World, event, good, kafka, read, written};

#[tokio::test(flavor = "multi_thread")]
async fn each_record_has_its_own_answer() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 1).await?;
    let topic = world.topic(0).name.clone();
    // Not to be compressed away.
    let noise: Vec<u8> = (0..100_000)
        .flat_map(|_| uuid::Uuid::new_v4().into_bytes())
        .collect();
    let small = event(&topic, "k", 1);
    let attributes = small.event.attributes();
    let attributes: Vec<_> = attributes
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let large = Outgoing {
        event: Event::new(attributes, noise)?,
        ..small
    };
    let records = vec![
        event(&topic, "k", 0),
        large,
        event("no-such-topic", "k", 0),
        event(&topic, "k", 2),
    ];
    let answers = world.producer.publish(records).await;
    let too_large = PublishError::TooLarge(topic.clone());
    assert!(too_large.is_permanent());
    let no_topic = PublishError::NoTopic("no-such-topic".into());
    assert_eq!(answers, [Ok(()), Err(too_large), Err(no_topic), Ok(())]);
    let written = read(kafka.client(), &topic, 2).await?;
    let ids: Vec<_> = written.iter().map(|raw| raw.header("ce_id")).collect();
    assert_eq!(ids, [Some("k/0".into()), Some("k/2".into())]);
    assert_eq!(written[0].key.as_deref(), Some(&b"k"[..]));
    assert_eq!(
        written[0].header("content-type").as_deref(),
        Some("application/json")
    );
    Ok(())
}

/// A broker may refuse the first records of a topic that it has only just heard of, and
/// take the next ones.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_acknowledged_of_a_new_topic_is_there() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    for _ in 0..20 {
        let world = World::new(kafka, 1, 12).await?;
        good(world.producer.publish(world.events(50, 40)).await)?;
        let there = written(kafka.client(), &world.topic(0).name, 12).await?;
        assert_eq!(there, 2000);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn topics_that_are_there_stay_as_they_are() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 2).await?;
    let topic = world.topic(0).name.clone();
    good(world.producer.publish(world.events(3, 3)).await)?;
    world.producer.ensure_topics(&[&topic], 5, 1).await?;
    let too_many = world.producer.ensure_topics(&["too-many-replicas"], 1, 9);
    let refused = tokio::time::timeout(Duration::from_secs(30), too_many).await?;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("`too-many-replicas`"), "{refused}");
    Ok(())
}
