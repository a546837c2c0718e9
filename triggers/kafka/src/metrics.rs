//! What the trigger counts, by subscription and topic.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use spindrift_cloudevents::Answer;

/// The labels of what happens to a subscription's records.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct TopicLabels {
    /// The component's id.
    pub(crate) function: Arc<str>,
    /// As in the manifest.
    pub(crate) topic: Arc<str>,
}

/// The labels of a count of deliveries.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct DeliveryLabels {
    /// The component's id.
    pub(crate) function: Arc<str>,
    /// As in the manifest.
    pub(crate) topic: Arc<str>,
    /// The status; `none` for no answer, `unavailable` when there was nobody to ask.
    pub(crate) answer: String,
}

/// The labels of a partition's lag.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct PartitionLabels {
    /// The consumer group.
    pub(crate) group: Arc<str>,
    /// The topic.
    pub(crate) topic: Arc<str>,
    /// The partition's number.
    pub(crate) partition: i32,
}

/// Upper bounds in seconds: those of what is delivered straight from the outbox.
const BUCKETS: [f64; 12] = [
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0,
];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// The trigger's series. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    deliveries: Family<DeliveryLabels, Counter>,
    retries: Family<TopicLabels, Counter>,
    dead_letters: Family<TopicLabels, Counter>,
    retrying: Family<TopicLabels, Gauge>,
    pauses: Family<TopicLabels, Counter>,
    lag: Family<PartitionLabels, Gauge>,
    latency: Family<TopicLabels, Histogram, fn() -> Histogram>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            deliveries: Family::default(),
            retries: Family::default(),
            dead_letters: Family::default(),
            retrying: Family::default(),
            pauses: Family::default(),
            lag: Family::default(),
            latency: Family::new_with_constructor(histogram),
        }
    }
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "spindrift_kafka_deliveries",
            "Calls of functions with a record, by their answer",
            metrics.deliveries.clone(),
        );
        registry.register(
            "spindrift_kafka_retries",
            "Failed attempts that are to be repeated; waiting for a function that is away is none",
            metrics.retries.clone(),
        );
        registry.register(
            "spindrift_kafka_dead_letters",
            "Records that went to the dead letters",
            metrics.dead_letters.clone(),
        );
        registry.register(
            "spindrift_kafka_partitions_retrying",
            "Partitions that wait to repeat a delivery",
            metrics.retrying.clone(),
        );
        registry.register(
            "spindrift_kafka_partition_pauses",
            "Times that a partition was not fetched from because it had enough waiting",
            metrics.pauses.clone(),
        );
        registry.register(
            "spindrift_kafka_lag",
            "Records of a partition of ours that are not yet done",
            metrics.lag.clone(),
        );
        registry.register_with_unit(
            "spindrift_kafka_latency",
            "From the time of a record to the end of its delivery",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        metrics
    }

    pub(crate) fn topic(&self, function: &str, topic: &str) -> TopicMetrics {
        let labels = TopicLabels {
            function: function.into(),
            topic: topic.into(),
        };
        TopicMetrics {
            deliveries: self.deliveries.clone(),
            retries: self.retries.get_or_create(&labels).clone(),
            dead_letters: self.dead_letters.get_or_create(&labels).clone(),
            retrying: self.retrying.get_or_create(&labels).clone(),
            pauses: self.pauses.get_or_create(&labels).clone(),
            latency: self.latency.get_or_create(&labels).clone(),
            labels,
        }
    }

    pub(crate) fn lag(&self, partition: &PartitionLabels, records: i64) {
        self.lag.get_or_create(partition).set(records);
    }

    /// The partition is somebody else's now.
    pub(crate) fn forget(&self, partition: &PartitionLabels) {
        self.lag.remove(partition);
    }
}

/// One subscription's series for one topic.
#[derive(Clone, Debug)]
pub(crate) struct TopicMetrics {
    labels: TopicLabels,
    deliveries: Family<DeliveryLabels, Counter>,
    pub(crate) retries: Counter,
    pub(crate) dead_letters: Counter,
    pub(crate) retrying: Gauge,
    pub(crate) pauses: Counter,
    latency: Histogram,
}

impl TopicMetrics {
    /// A record of this time, in milliseconds since 1970, has been handled.
    pub(crate) fn handled(&self, timestamp: Option<i64>) {
        let written = timestamp.and_then(DateTime::from_timestamp_millis);
        if let Some(written) = written {
            let latency = (Utc::now() - written).as_seconds_f64();
            self.latency.observe(latency);
        }
    }

    pub(crate) fn answered(&self, answer: &Answer) {
        let labels = DeliveryLabels {
            function: self.labels.function.clone(),
            topic: self.labels.topic.clone(),
            answer: match answer {
                Answer::Status(status) => status.to_string(),
                Answer::None(_) => "none".to_owned(),
                Answer::Unavailable(_) => "unavailable".to_owned(),
            },
        };
        self.deliveries.get_or_create(&labels).inc();
    }
}
