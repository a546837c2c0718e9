//! Writing records.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{join_all, ready};
use rdkafka::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, Producer as _, PurgeConfig};
use spindrift_cloudevents::{Outgoing, kafka};
use spindrift_manifest::KafkaConnection;
use tokio::time::{Instant, sleep, timeout_at};

use crate::message::Message;
use crate::partitions::Partitions;
use crate::watch::Watch;
use crate::{Error, PublishError, connection, topics};

/// How soon a full queue is looked at again.
const QUEUE_PAUSE: Duration = Duration::from_millis(5);

/// How long [`Producer::check`] waits for an answer.
const CHECK: Duration = Duration::from_secs(5);

/// How many connections records are written on. Brokers work on one request of a
/// connection at a time, and the library makes a request for each partition: on one
/// connection alone, a batch for twelve partitions would take twelve turns.
const CONNECTIONS: usize = 4;

/// An idempotent producer: what it was given is written once however often the
/// connection breaks, and what has one key in the order in which it was given.
/// Clones share it.
///
/// Its queue is bounded: while the brokers are away, [`Self::publish`] waits.
#[derive(Clone)]
pub struct Producer {
    connection: KafkaConnection,
    config: ClientConfig,
    patience: Duration,
    watch: Watch,
    /// What has one key always goes by the same one of them.
    clients: Arc<[Mutex<FutureProducer<Watch>>]>,
    partitions: Partitions,
}

impl Producer {
    /// Makes one, without asking the brokers anything. `patience` is how long a batch
    /// waits to be acknowledged before it is given up.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] or [`Error::Client`] when the settings cannot be used.
    pub fn new(connection: &KafkaConnection, patience: Duration) -> Result<Self, Error> {
        let mut config = connection::config(connection);
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            // One request at a time on a connection. A broker takes any sequence number as
            // the first of a partition: where it refuses the first request, for it has only
            // just heard of the topic, and takes the second, the library believes that both
            // were written (KAFKA-15591). Brokers work on one at a time anyway.
            .set("max.in.flight", "1")
            // As Java's clients choose partitions, so that one key has one partition
            // whoever writes.
            .set("partitioner", "murmur2_random")
            // A batch is there at once. Nothing is compressed: with a few small records
            // brokers would have more work by that than by the bytes.
            .set("linger.ms", "0.5")
            .set("queue.buffering.max.messages", "10000")
            .set("queue.buffering.max.kbytes", "32768")
            // How large a record may be is for the broker to say.
            .set("message.max.bytes", "104857600")
            // Records that run out of time one by one would leave gaps in their order.
            // `publish` gives up everything at once instead.
            .set("message.timeout.ms", "0")
            .set("topic.metadata.propagation.max.ms", "10000");
        let watch = Watch::default();
        let client = |_| Ok(Mutex::new(config.create_with_context(watch.clone())?));
        let clients: Result<Vec<_>, KafkaError> = (0..CONNECTIONS).map(client).collect();
        Ok(Self {
            connection: connection.clone(),
            clients: clients.map_err(Error::Client)?.into(),
            config,
            patience,
            watch,
            partitions: Partitions::default(),
        })
    }

    /// How it reaches the brokers.
    pub fn connection(&self) -> &KafkaConnection {
        &self.connection
    }

    /// Publishes a batch and waits until each record is acknowledged by all in-sync
    /// replicas or has failed; the results stand in the order of the records.
    ///
    /// A batch that is not acknowledged in time is given up together with whatever
    /// else this producer holds, so that what was written of one key is what came
    /// first. Giving the rest again, in its order, keeps the order; a record whose
    /// acknowledgement was lost is then there twice. The same holds when the future is
    /// dropped, but for records that are still written after it.
    pub async fn publish(&self, records: Vec<Outgoing>) -> Vec<Result<(), PublishError>> {
        let messages: Vec<Message> = records.into_iter().map(Message::from).collect();
        self.send(&messages).await
    }

    pub(crate) async fn send(&self, messages: &[Message]) -> Vec<Result<(), PublishError>> {
        let clients = self.clients();
        let deadline = Instant::now() + self.patience;
        let mut acknowledged = Vec::with_capacity(messages.len());
        let partitions = self.partitions.of(&clients[0], messages).await;
        for (message, partition) in messages.iter().zip(partitions) {
            let client = &clients[partition % CONNECTIONS];
            acknowledged.push(match enqueue(client, message, deadline).await {
                Ok(delivery) => delivery.map(flatten).left_future(),
                Err(error) => ready(Err(error)).right_future(),
            });
        }
        let mut all = Box::pin(join_all(acknowledged));
        let results = match timeout_at(deadline, &mut all).await {
            Ok(results) => results,
            Err(_) => {
                for client in &clients {
                    give_up(client.clone()).await;
                }
                all.await
            }
        };
        self.renew_after_fatal(&clients);
        let named = results.into_iter().zip(messages);
        let named = named.map(|(result, message)| {
            result.map_err(|error| PublishError::new(&message.topic, &error, self.watch.last()))
        });
        named.collect()
    }

    /// Says what is wrong with the connection, if anything is.
    ///
    /// # Errors
    ///
    /// [`Error::Unreachable`] with the reason: refused, an unknown host, a
    /// certificate, a sign-in.
    pub async fn check(&self) -> Result<(), Error> {
        // A client of its own: one that has failed before says nothing new.
        let watch = Watch::default();
        let client: FutureProducer<Watch> = self
            .config
            .create_with_context(watch.clone())
            .map_err(Error::Client)?;
        let ask = move || client.client().fetch_metadata(None, CHECK).map(drop);
        let answer = tokio::task::spawn_blocking(ask).await?;
        answer.map_err(|error| Error::Unreachable {
            brokers: self.connection.brokers.join(","),
            reason: watch.last().unwrap_or_else(|| error.to_string()),
        })
    }

    /// Makes those of the topics that are not there; the others stay as they are.
    ///
    /// # Errors
    ///
    /// [`Error::Topic`] when the brokers refuse, [`Error::Kafka`] when they do not
    /// answer.
    pub async fn ensure_topics(
        &self,
        topics: &[&str],
        partitions: i32,
        replication: i32,
    ) -> Result<(), Error> {
        topics::ensure(&self.connection, topics, partitions, replication).await
    }

    /// Closes the connections. What was not acknowledged is given up.
    pub async fn close(self) {
        // Dropping the last one waits for threads of the library.
        _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }

    fn clients(&self) -> [FutureProducer<Watch>; CONNECTIONS] {
        std::array::from_fn(|n| locked(&self.clients[n]).clone())
    }

    /// An idempotent producer that has lost its place among the broker's sequence
    /// numbers is of no further use.
    fn renew_after_fatal(&self, used: &[FutureProducer<Watch>; CONNECTIONS]) {
        for (used, place) in used.iter().zip(self.clients.iter()) {
            let Some((code, reason)) = used.client().fatal_error() else {
                continue;
            };
            tracing::error!(%code, reason, "Kafka producer failed; making another");
            let mut client = locked(place);
            // Somebody else may have been first.
            if client.client().fatal_error().is_some() {
                match self.config.create_with_context(self.watch.clone()) {
                    Ok(fresh) => *client = fresh,
                    Err(error) => tracing::error!(%error, "no other Kafka producer could be made"),
                }
            }
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<Outgoing> for Message {
    fn from(outgoing: Outgoing) -> Self {
        let headers = kafka::headers(&outgoing.event).into_iter();
        Self {
            topic: outgoing.topic,
            key: Some(outgoing.key.into()),
            headers: headers
                .map(|(name, value)| (name, Some(Bytes::from(value))))
                .collect(),
            value: Some(outgoing.event.data().clone()),
            timestamp: Some(outgoing.timestamp.timestamp_millis()),
        }
    }
}

/// Puts a record into the queue, waiting for room until the deadline.
async fn enqueue(
    client: &FutureProducer<Watch>,
    message: &Message,
    deadline: Instant,
) -> Result<DeliveryFuture, KafkaError> {
    const FULL: KafkaError = KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull);
    loop {
        // Past the deadline nothing may follow what was given up.
        if Instant::now() >= deadline {
            return Err(FULL);
        }
        match client.send_result(message.to_rdkafka()) {
            Ok(delivery) => return Ok(delivery),
            Err((error, _)) if error == FULL => sleep(QUEUE_PAUSE).await,
            Err((error, _)) => return Err(error),
        }
    }
}

async fn give_up(client: FutureProducer<Watch>) {
    let everything = PurgeConfig::default().queue().inflight();
    // It ends by itself, and how it ends is of no use.
    _ = tokio::task::spawn_blocking(move || client.purge(everything)).await;
}

type Delivered = <DeliveryFuture as Future>::Output;

fn flatten(delivered: Delivered) -> Result<(), KafkaError> {
    match delivered {
        Ok(Ok(_)) => Ok(()),
        Ok(Err((error, _))) => Err(error),
        Err(_) => Err(KafkaError::Canceled),
    }
}
