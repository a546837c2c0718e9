//! Reading a topic of dead letters, without a trace.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::{Offset, TopicPartitionList};
use spindrift_manifest::KafkaConnection;
use tokio::sync::mpsc;

use super::{DeadLetter, Filter};
use crate::message::Incoming;
use crate::watch::Watch;
use crate::{Error, connection};

/// How long the brokers may say nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// How soon a partition without a leader is asked for again.
const MOMENT: Duration = Duration::from_millis(100);

/// How many letters are read ahead of whoever takes them.
const AHEAD: usize = 64;

/// The dead letters that are in the topic now and that the filter takes, in the order
/// of their partitions. Reading ends when the receiver is dropped. An error is the
/// last item.
pub fn read(
    connection: &KafkaConnection,
    topic: &str,
    filter: Filter,
) -> mpsc::Receiver<Result<DeadLetter, Error>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (connection, topic) = (connection.clone(), topic.to_owned());
    tokio::task::spawn_blocking(move || {
        let watch = Watch::default();
        if let Err(error) = scan(&connection, &topic, &filter, &watch, &sender) {
            let reason = watch.last();
            // A receiver that is gone wants to know nothing.
            _ = sender.blocking_send(Err(match (error, reason) {
                (Error::Kafka(_), Some(reason)) => Error::Unreachable {
                    brokers: connection.brokers.join(","),
                    reason,
                },
                (error, _) => error,
            }));
        }
    });
    receiver
}

fn scan(
    connection: &KafkaConnection,
    topic: &str,
    filter: &Filter,
    watch: &Watch,
    sender: &mpsc::Sender<Result<DeadLetter, Error>>,
) -> Result<(), Error> {
    let mut config = connection::config(connection);
    config
        // The library asks for a name. Nothing is committed under it.
        .set("group.id", "spindrift-dead-letters")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true");
    let consumer: BaseConsumer<Watch> = config
        .create_with_context(watch.clone())
        .map_err(Error::Client)?;
    let mut ends = ends(&consumer, topic)?;
    consumer.assign(&start(&consumer, topic, filter, &ends)?)?;
    let mut heard = Instant::now();
    while !ends.is_empty() {
        let (partition, offset) = match consumer.poll(Duration::from_millis(200)) {
            None if heard.elapsed() > PATIENCE => return Err(silence().into()),
            None if sender.is_closed() => return Ok(()),
            None => continue,
            Some(Err(KafkaError::PartitionEOF(partition))) => (partition, i64::MAX),
            // The library goes on by itself, and the watch remembers.
            Some(Err(_)) if heard.elapsed() <= PATIENCE => continue,
            Some(Err(error)) => return Err(error.into()),
            Some(Ok(message)) => {
                let incoming = Incoming::new(&message);
                let (partition, offset) = (incoming.record.partition, incoming.record.offset);
                // What came after the start is for the next reading: a replay that
                // fails again would go on for ever.
                if ends.get(&partition).is_some_and(|end| offset < *end) {
                    let letter = DeadLetter::new(incoming.record);
                    if filter.takes(&letter) && sender.blocking_send(Ok(letter)).is_err() {
                        return Ok(());
                    }
                }
                (partition, offset.saturating_add(1))
            }
        };
        heard = Instant::now();
        if ends.get(&partition).is_some_and(|end| offset >= *end) {
            ends.remove(&partition);
        }
    }
    Ok(())
}

/// The offset after the last, of each partition that holds anything.
fn ends(consumer: &BaseConsumer<Watch>, topic: &str) -> Result<BTreeMap<i32, i64>, Error> {
    let metadata = consumer.fetch_metadata(Some(topic), PATIENCE)?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    let partitions = found.map_or(&[][..], |found| found.partitions());
    if partitions.is_empty() {
        return Err(Error::NoTopic(topic.to_owned()));
    }
    let mut ends = BTreeMap::new();
    for partition in partitions {
        let (low, high) = watermarks(consumer, topic, partition.id())?;
        if low < high {
            ends.insert(partition.id(), high);
        }
    }
    Ok(ends)
}

/// The first offset of a partition and the one after its last. A partition that was
/// made just now, or whose leader moves, has none for a moment.
fn watermarks(
    consumer: &BaseConsumer<Watch>,
    topic: &str,
    partition: i32,
) -> Result<(i64, i64), KafkaError> {
    use RDKafkaErrorCode::{LeaderNotAvailable, NotLeaderForPartition, UnknownTopicOrPartition};
    let asked = Instant::now();
    loop {
        let found = consumer.fetch_watermarks(topic, partition, PATIENCE);
        let code = found
            .as_ref()
            .err()
            .and_then(KafkaError::rdkafka_error_code);
        match code {
            Some(LeaderNotAvailable | NotLeaderForPartition | UnknownTopicOrPartition)
                if asked.elapsed() < PATIENCE =>
            {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a thread for what blocks: no task waits on it"
                )]
                thread::sleep(MOMENT);
            }
            _ => return found,
        }
    }
}

/// Where to begin: at the beginning, or at the filter's time.
fn start(
    consumer: &BaseConsumer<Watch>,
    topic: &str,
    filter: &Filter,
    ends: &BTreeMap<i32, i64>,
) -> Result<TopicPartitionList, Error> {
    let offset = match filter.since {
        None => Offset::Beginning,
        Some(since) => Offset::Offset(since.timestamp_millis()),
    };
    let mut partitions = TopicPartitionList::new();
    for partition in ends.keys() {
        partitions.add_partition_offset(topic, *partition, offset)?;
    }
    Ok(match filter.since {
        None => partitions,
        Some(_) => consumer.offsets_for_times(partitions, PATIENCE)?,
    })
}

fn silence() -> KafkaError {
    KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut)
}
