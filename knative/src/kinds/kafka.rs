//! Strimzi's `kafka.strimzi.io`: <https://strimzi.io/docs/operators/latest/configuring>.

use serde::Serialize;

use super::Kind;

/// A topic of a cluster that Strimzi keeps.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KafkaTopicSpec {
    pub(crate) topic_name: String,
    pub(crate) partitions: u32,
    pub(crate) replicas: u32,
    pub(crate) config: TopicConfig,
}

impl Kind for KafkaTopicSpec {
    const KIND: (&'static str, &'static str) = ("kafka.strimzi.io/v1", "KafkaTopic");
}

/// Kafka's own names: <https://kafka.apache.org/documentation/#topicconfigs>.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TopicConfig {
    #[serde(rename = "min.insync.replicas")]
    pub(crate) min_insync_replicas: u32,
    #[serde(rename = "retention.ms")]
    pub(crate) retention_ms: u64,
}
