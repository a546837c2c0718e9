//! Records as they are, past everything that is tested.

use std::time::Duration;

use anyhow::{Result, bail};
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{Header, Headers as _, Message as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};

use super::PATIENCE;

/// Key, headers and value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    pub(crate) value: Option<Vec<u8>>,
}

impl Raw {
    pub(crate) fn new(headers: &[(&str, &[u8])], value: &[u8]) -> Self {
        let owned = |(name, value): &(&str, &[u8])| ((*name).to_owned(), Some(value.to_vec()));
        Self {
            key: None,
            headers: headers.iter().map(owned).collect(),
            value: Some(value.to_vec()),
        }
    }

    /// The last value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let found = self
            .headers
            .iter()
            .rev()
            .find(|(header, _)| header == name)?;
        Some(String::from_utf8(found.1.clone()?).unwrap())
    }
}

/// How many records a topic has.
pub(crate) async fn written(client: ClientConfig, topic: &str, partitions: i32) -> Result<i64> {
    let topic = topic.to_owned();
    let count = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = client.create()?;
        let of = |partition| {
            let (first, next) = consumer.fetch_watermarks(&topic, partition, PATIENCE)?;
            anyhow::Ok(next - first)
        };
        (0..partitions).map(of).sum()
    });
    count.await?
}

/// Writes records into partition 0, in order.
pub(crate) async fn write(mut client: ClientConfig, topic: &str, records: &[Raw]) -> Result<()> {
    client
        .set("message.max.bytes", "10000000")
        .set("enable.idempotence", "true");
    let producer: FutureProducer = client.create()?;
    for raw in records {
        let headers = raw
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |headers, (key, value)| {
                headers.insert(Header {
                    key,
                    value: value.as_ref(),
                })
            });
        let record: FutureRecord<'_, Vec<u8>, Vec<u8>> = FutureRecord {
            topic,
            partition: Some(0),
            payload: raw.value.as_ref(),
            key: raw.key.as_ref(),
            timestamp: None,
            headers: Some(headers),
        };
        let sent = producer.send(record, Duration::from_secs(10)).await;
        sent.map_err(|(error, _)| error)?;
    }
    Ok(())
}

/// Reads so many records of a topic's partition 0.
pub(crate) async fn read(mut client: ClientConfig, topic: &str, count: usize) -> Result<Vec<Raw>> {
    client
        .set("group.id", "raw")
        .set("enable.auto.commit", "false");
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition_offset(topic, 0, Offset::Beginning)?;
    let reading = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = client.create()?;
        consumer.assign(&partitions)?;
        let mut read = Vec::new();
        while read.len() < count {
            let Some(message) = consumer.poll(PATIENCE) else {
                bail!("only {} of {count} records came", read.len());
            };
            let message = message?;
            let headers = message
                .headers()
                .into_iter()
                .flat_map(|headers| headers.iter());
            read.push(Raw {
                key: message.key().map(<[u8]>::to_vec),
                headers: headers
                    .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                    .collect(),
                value: message.payload().map(<[u8]>::to_vec),
            });
        }
        Ok(read)
    });
    reading.await?
}
