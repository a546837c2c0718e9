//! Dead letters in topics of Kafka.

use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use spindrift_kafka::dead_letters::{DeadLetter, Filter, read, replay};
use spindrift_kafka::{Error, Producer};
use spindrift_manifest::{App, KafkaConnection};

use super::{Line, Told};
use crate::args::{DlqFilter, RecordPlace};

/// How long the brokers may take to acknowledge what is replayed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Replayed at once.
const BATCH: usize = 500;

/// The topics of an application's dead letters.
pub(super) struct Topics {
    connection: KafkaConnection,
    /// Each topic, by the manifest's name, and that of its dead letters, by the brokers'.
    names: BTreeSet<(String, String)>,
}

impl Topics {
    pub(super) fn new(app: &App, connection: KafkaConnection) -> Self {
        let topics = app.kafka.iter().flat_map(|trigger| &trigger.topics);
        let names = topics.map(|topic| {
            let dead = connection.name(&topic.dead_letter_topic);
            (topic.name.clone(), dead)
        });
        Self {
            names: names.collect(),
            connection,
        }
    }

    pub(super) async fn list(&self, filter: &DlqFilter) -> Result<Vec<Line>> {
        Ok(self.fitting(filter).await?.iter().map(line).collect())
    }

    /// Everything that it carries.
    pub(super) async fn show(&self, place: &RecordPlace) -> Result<Value> {
        let letters = self.named(slice::from_ref(place)).await?;
        let letter = &letters[0];
        let original = &letter.original;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = original.headers.iter();
        let headers: Vec<Value> = headers
            .map(|(name, value)| json!([name, value.as_deref().map(text)]))
            .collect();
        let value = original.value.as_deref();
        let value = value.map(|bytes| {
            serde_json::from_slice(bytes).unwrap_or_else(|_| Value::String(text(bytes)))
        });
        Ok(json!({
            "letter": place.to_string(),
            "consumer": letter.source.as_ref().map(|source| &source.group),
            "topic": original.topic,
            "partition": original.partition,
            "offset": original.offset,
            "key": original.key.as_deref().map(text),
            "reason": letter.reason,
            "code": letter.code,
            "attempts": letter.attempts,
            "died_at": letter.died_at,
            "headers": headers,
            "data": value,
            "omitted_bytes": letter.omitted_bytes,
        }))
    }

    /// Those that are named, or those that fit the filter when none is.
    pub(super) async fn wanted(
        &self,
        places: &[RecordPlace],
        filter: &DlqFilter,
    ) -> Result<Vec<DeadLetter>> {
        match places {
            [] => self.fitting(filter).await,
            places => self.named(places).await,
        }
    }

    /// Answers how many were replayed.
    pub(super) async fn replay(&self, letters: &[DeadLetter]) -> Result<u64> {
        let producer = Producer::new(&self.connection, PATIENCE)?;
        let mut count = 0;
        for batch in letters.chunks(BATCH) {
            for (letter, result) in batch.iter().zip(replay(&producer, batch).await) {
                result.with_context(|| format!("after {count}: {}", place(letter)))?;
                count += 1;
            }
        }
        producer.close().await;
        Ok(count)
    }

    /// Those that fit a filter.
    async fn fitting(&self, filter: &DlqFilter) -> Result<Vec<DeadLetter>> {
        let mut letters = Vec::new();
        for topic in self.chosen(filter) {
            letters.extend(self.read(topic, wanted(filter)).await?);
        }
        Ok(letters)
    }

    /// Those of these names, in their order. Each topic is read once.
    async fn named(&self, places: &[RecordPlace]) -> Result<Vec<DeadLetter>> {
        let topics: BTreeSet<&str> = places.iter().map(|place| &*place.topic).collect();
        let mut found = BTreeMap::new();
        for topic in topics {
            let letters = self.read(topic, Filter::default()).await?;
            found.extend(letters.into_iter().map(|letter| (place(&letter), letter)));
        }
        let named = places.iter().map(|wanted| {
            found.get(wanted).cloned().with_context(|| {
                format!("there is no dead letter {wanted}: `spindrift dlq list` shows those that there are")
            })
        });
        named.collect()
    }

    /// The topics of dead letters that a filter leaves.
    fn chosen<'a>(&'a self, filter: &'a DlqFilter) -> BTreeSet<&'a str> {
        let wanted = filter.topic.as_deref();
        let names = self.names.iter();
        let names = names.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == name));
        names.map(|(_, dead)| dead.as_str()).collect()
    }

    /// Those of a topic that the filter takes; none where there is no such topic yet.
    async fn read(&self, topic: &str, filter: Filter) -> Result<Vec<DeadLetter>> {
        let mut receiver = read(&self.connection, topic, filter);
        let mut letters = Vec::new();
        while let Some(letter) = receiver.recv().await {
            match letter {
                Err(Error::NoTopic(_)) => break,
                letter => letters.push(letter?),
            }
        }
        Ok(letters)
    }
}

fn wanted(filter: &DlqFilter) -> Filter {
    Filter {
        ty: filter.ty.clone(),
        id: filter.event_id.clone(),
        since: filter.since,
        until: filter.before,
    }
}

fn place(letter: &DeadLetter) -> RecordPlace {
    RecordPlace {
        topic: letter.topic.clone(),
        partition: letter.partition,
        offset: letter.offset,
    }
}

pub(super) fn line(letter: &DeadLetter) -> Line {
    let source = letter.source.as_ref();
    Line::from(Told {
        letter: place(letter).to_string(),
        died_at: letter.died_at,
        topic: &letter.original.topic,
        ty: letter.ty().unwrap_or("?"),
        consumer: source.map_or("?", |source| &source.group),
        reason: letter.reason.as_deref().unwrap_or("?"),
        attempts: letter
            .attempts
            .map_or_else(|| "?".to_owned(), |attempts| attempts.to_string()),
        replayed: false,
    })
}
