//! Dead letters, from their death to their being published again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Result;
use chrono::{TimeDelta, Utc};
use spindrift_cloudevents::Answer;
use spindrift_kafka::Error;
use spindrift_kafka::dead_letters::{DeadLetter, Filter, read as read_letters, replay};
use spindrift_manifest::KafkaConnection;

use crate::support::{Function, Raw, World, good, kafka, plaintext, read, until, write};

fn records() -> Vec<Raw> {
    vec![
        // An event with everything that a record can have.
        Raw {
            key: Some(vec![0, 0xff, b'k']),
            headers: vec![
                ("ce_specversion".into(), Some(b"1.0".to_vec())),
                ("CE_ID".into(), Some(b"one".to_vec())),
                ("ce_source".into(), Some(b"/test".to_vec())),
                ("ce_type".into(), Some(b"a.happened".to_vec())),
                ("twice".into(), Some(b"1".to_vec())),
                ("twice".into(), Some(vec![0xff, 0, b'\n'])),
                ("none".into(), None),
                ("empty".into(), Some(Vec::new())),
            ],
            value: Some((0..=255).collect()),
        },
        Raw::new(
            &[("content-type", b"application/cloudevents+json")],
            br#"{"specversion":"1.0","id":"two","source":"/test","type":"b.happened","data":{"a": 1}}"#,
        ),
        // No event at all.
        Raw { key: Some(b"k".to_vec()), ..Raw::new(&[("trace", b"7")], b"three") },
        Raw::new(&[("ce_specversion", b"1.0")], b"half an event"),
    ]
}

async fn letters(
    connection: &KafkaConnection,
    topic: &str,
    filter: Filter,
) -> Result<Vec<DeadLetter>, Error> {
    let mut receiver = read_letters(connection, topic, filter);
    let mut letters = Vec::new();
    while let Some(letter) = receiver.recv().await {
        letters.push(letter?);
    }
    Ok(letters)
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_the_originals_and_can_be_published_again() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let world = World::new(kafka, 1, 1).await?;
    let healed = Arc::new(AtomicBool::new(false));
    let function = Function::new(Duration::ZERO, {
        let healed = healed.clone();
        move |_, _| {
            Answer::Status(if healed.load(Ordering::Relaxed) {
                204
            } else {
                422
            })
        }
    });
    let topic = world.topic(0).clone();
    write(kafka.client(), &topic.name, &records()).await?;
    let consumer = world.consume(&function)?;
    let dead = read(kafka.client(), &topic.dead_letter_topic, 4).await?;
    for (original, dead) in records().iter().zip(&dead) {
        assert_eq!((&dead.key, &dead.value), (&original.key, &original.value));
        assert_eq!(dead.headers[..original.headers.len()], original.headers[..]);
        assert_eq!(dead.headers.len(), original.headers.len() + 4);
    }
    let connection = &world.connection;
    let all = letters(connection, &topic.dead_letter_topic, Filter::default()).await?;
    let ids: Vec<_> = all
        .iter()
        .map(|letter| letter.id().map(str::to_owned))
        .collect();
    let expected = ["one", "two", "partition:0/offset:2"].map(|id| Some(id.to_owned()));
    assert_eq!(ids[..3], expected);
    assert_eq!(ids[3], None);
    assert_eq!(all[0].code, Some(422));
    assert_eq!(
        all[0].source.as_ref().unwrap().group,
        world.subscription.group
    );
    assert_filters(connection, &topic.dead_letter_topic).await?;

    healed.store(true, Ordering::Relaxed);
    let before = function.seen().len();
    good(replay(&world.producer, &all).await)?;
    until("the replayed", async || function.done().len() >= 3).await?;
    // What was malformed is so still.
    let dead = read(kafka.client(), &topic.dead_letter_topic, 5).await?;
    assert_eq!(dead[4].value.as_deref(), Some(&b"half an event"[..]));
    consumer.stop().await?;
    assert_eq!(function.done(), ["one", "two", "partition:0/offset:2"]);
    // The very events that were given up, not only their ids.
    let seen = function.seen();
    for (first, again) in seen[..before].iter().zip(&seen[before..]) {
        assert_eq!(first.event, again.event);
    }
    Ok(())
}

async fn assert_filters(connection: &KafkaConnection, topic: &str) -> Result<()> {
    let count = async |filter: Filter| anyhow::Ok(letters(connection, topic, filter).await?.len());
    let by_type = Filter {
        ty: Some("b.happened".into()),
        ..Filter::default()
    };
    assert_eq!(count(by_type).await?, 1);
    let by_id = Filter {
        id: Some("one".into()),
        ..Filter::default()
    };
    assert_eq!(count(by_id).await?, 1);
    let hour = TimeDelta::hours(1);
    let recent = Filter {
        since: Some(Utc::now() - hour),
        ..Filter::default()
    };
    assert_eq!(count(recent).await?, 4);
    let future = Filter {
        since: Some(Utc::now() + hour),
        ..Filter::default()
    };
    assert_eq!(count(future).await?, 0);
    let past = Filter {
        until: Some(Utc::now() - hour),
        ..Filter::default()
    };
    assert_eq!(count(past).await?, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_not_there_is_named() -> Result<()> {
    let Some(kafka) = kafka().await? else {
        return Ok(());
    };
    let connection = plaintext(&kafka.bootstrap());
    let error = letters(&connection, "nowhere.dlq", Filter::default())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("nowhere.dlq"), "{error}");
    Ok(())
}
