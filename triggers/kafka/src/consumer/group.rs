//! What librdkafka tells of the consumer group.

use std::sync::Arc;

use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::statistics::{Partition, Statistics};

use super::lane::Lane;
use super::lanes::Lanes;
use crate::metrics::{Metrics, PartitionLabels};

/// The callbacks. They run where the consumer is polled.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) name: Arc<str>,
    pub(crate) lanes: Lanes,
    pub(crate) metrics: Metrics,
}

impl Group {
    fn labels(&self, lane: &Lane) -> PartitionLabels {
        PartitionLabels {
            group: self.name.clone(),
            topic: lane.topic.clone(),
            partition: lane.partition,
        }
    }
}

impl ConsumerContext for Group {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => {
                tracing::info!(group = %self.name, partitions = partitions.count(), "assigned");
                // Before the first record can come.
                self.lanes.assign(partitions);
            }
            // After this, librdkafka commits what was done until now, and nothing of
            // what is done later. Nobody waits for a function here.
            Rebalance::Revoke(partitions) => {
                tracing::info!(group = %self.name, partitions = partitions.count(), "revoked");
                for lane in self.lanes.revoke(partitions) {
                    self.metrics.forget(&self.labels(&lane));
                }
            }
            Rebalance::Error(error) => {
                tracing::warn!(group = %self.name, %error, "rebalance failed");
            }
        }
    }

    fn post_rebalance(&self, consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        // A partition that was paused when it went away would come back paused.
        if let Rebalance::Assign(partitions) = rebalance
            && let Err(error) = consumer.resume(partitions)
        {
            tracing::warn!(group = %self.name, %error, "cannot resume what was assigned");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            // What is not committed is delivered again; the next commit has it too.
            tracing::warn!(group = %self.name, %error, "commit failed");
        }
    }
}

impl ClientContext for Group {
    fn stats(&self, statistics: Statistics) {
        for lane in self.lanes.all_lanes() {
            let topic = statistics.topics.get(&*lane.topic);
            let partition = topic.and_then(|topic| topic.partitions.get(&lane.partition));
            if let Some(lag) = partition.and_then(lag) {
                self.metrics.lag(&self.labels(&lane), lag);
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(group = %self.name, %error, reason, "Kafka connection");
    }
}

/// How many records of a partition are not done; where nothing was ever committed,
/// all of them.
fn lag(partition: &Partition) -> Option<i64> {
    let known = [partition.consumer_lag, partition.consumer_lag_stored];
    let known = known.into_iter().filter(|lag| *lag >= 0).min();
    let whole = || {
        let (low, high) = (partition.lo_offset, partition.hi_offset);
        (low >= 0 && high >= low).then_some(high - low)
    };
    known.or_else(whole)
}
