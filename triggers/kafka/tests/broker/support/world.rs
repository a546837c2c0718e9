//! Topics and a group of one's own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::Utc;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use spindrift_cloudevents::retry::Schedule;
use spindrift_cloudevents::{Event, Outgoing, Sink};
use spindrift_kafka::{Consumer, Error, Metrics, Producer, Subscription};
use spindrift_manifest::{InitialOffset, KafkaConnection, KafkaTopic, SecurityProtocol};
use spindrift_test_kafka::Kafka;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a stopping consumer waits for the function.
const DRAIN: Duration = Duration::from_secs(5);

pub(crate) struct World {
    pub(crate) connection: KafkaConnection,
    pub(crate) producer: Producer,
    pub(crate) subscription: Subscription,
    pub(crate) metrics: Metrics,
    pub(crate) partitions: i32,
}

/// A consumer at work.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<Result<(), Error>>,
}

impl World {
    /// New topics, and those of their dead letters.
    pub(crate) async fn new(kafka: &Kafka, topics: usize, partitions: i32) -> Result<Self> {
        let connection = plaintext(&kafka.bootstrap());
        Self::with(connection, topics, partitions, 1).await
    }

    pub(crate) async fn with(
        connection: KafkaConnection,
        topics: usize,
        partitions: i32,
        replication: i32,
    ) -> Result<Self> {
        let name = uuid::Uuid::new_v4().simple().to_string();
        let topics = (0..topics).map(|number| named(format!("{name}-{number}")));
        let subscription = Subscription {
            component: "handler".into(),
            topics: topics.collect(),
            group: format!("app.{name}"),
            initial_offset: InitialOffset::Earliest,
            concurrency: None,
            schedule: Schedule {
                retries: 5,
                first: Duration::from_millis(5),
                cap: Duration::from_millis(50),
            },
        };
        let producer = Producer::new(&connection, Duration::from_secs(30))?;
        for topic in &subscription.topics {
            let names = [topic.name.as_str(), topic.dead_letter_topic.as_str()];
            producer
                .ensure_topics(&names, partitions, replication)
                .await?;
        }
        Ok(Self {
            connection,
            producer,
            subscription,
            metrics: Metrics::default(),
            partitions,
        })
    }

    pub(crate) fn topic(&self, number: usize) -> &KafkaTopic {
        &self.subscription.topics[number]
    }

    /// Starts a member of the group.
    pub(crate) fn consume<S: Sink>(&self, function: &Arc<S>) -> Result<Running> {
        let consumer = Consumer::new(
            &self.connection,
            self.subscription.clone(),
            function.clone(),
            self.producer.clone(),
            &self.metrics,
        )?;
        let stop = CancellationToken::new();
        let task = tokio::spawn(consumer.run(stop.clone(), DRAIN));
        Ok(Running { stop, task })
    }

    /// So many events for each key, in turn, to the first topic.
    pub(crate) fn events(&self, keys: usize, each: usize) -> Vec<Outgoing> {
        let topic = &self.topic(0).name;
        let numbered = (0..each).flat_map(|n| (0..keys).map(move |key| (key, n)));
        numbered
            .map(|(key, n)| event(topic, &format!("key-{key}"), n))
            .collect()
    }

    /// What the group has committed in a topic, added up.
    pub(crate) async fn committed(&self, topic: &str) -> Result<i64> {
        let mut config = rdkafka::ClientConfig::new();
        config.set("bootstrap.servers", self.connection.brokers.join(","));
        config.set("group.id", &self.subscription.group);
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_range(topic, 0, self.partitions - 1);
        let committed = tokio::task::spawn_blocking(move || {
            let consumer: BaseConsumer = config.create()?;
            consumer.committed_offsets(partitions, Duration::from_secs(10))
        });
        let committed = committed.await??;
        let offsets = committed.elements().into_iter();
        Ok(offsets
            .filter_map(|element| element.offset().to_raw())
            .map(|o| o.max(0))
            .sum())
    }
}

impl Running {
    pub(crate) async fn stop(self) -> Result<()> {
        self.stop.cancel();
        Ok(self.task.await??)
    }
}

/// Brokers that let anybody in.
pub(crate) fn plaintext(brokers: &str) -> KafkaConnection {
    KafkaConnection {
        brokers: brokers.split(',').map(str::to_owned).collect(),
        security_protocol: SecurityProtocol::Plaintext,
        sasl: None,
        ca_file: None,
        topic_prefix: String::new(),
    }
}

/// A topic whose dead letters go to `<name>.dlq`.
pub(crate) fn named(name: String) -> KafkaTopic {
    KafkaTopic {
        dead_letter_topic: format!("{name}.dlq"),
        name,
    }
}

/// The event `<key>/<n>`.
pub(crate) fn event(topic: &str, key: &str, n: usize) -> Outgoing {
    let attributes = [
        ("specversion", "1.0".to_owned()),
        ("id", format!("{key}/{n}")),
        ("source", "/test".to_owned()),
        ("type", "test.happened".to_owned()),
        ("datacontenttype", "application/json".to_owned()),
        ("partitionkey", key.to_owned()),
    ];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value));
    Outgoing {
        topic: topic.to_owned(),
        key: key.to_owned(),
        event: Event::new(attributes, format!(r#"{{"n":{n}}}"#)).unwrap(),
        timestamp: Utc::now(),
    }
}

/// Fails unless every record was published.
pub(crate) fn good(results: Vec<Result<(), spindrift_kafka::PublishError>>) -> Result<()> {
    Ok(results.into_iter().collect::<Result<(), _>>()?)
}
