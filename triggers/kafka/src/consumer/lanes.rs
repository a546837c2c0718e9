//! The partitions that are ours at the moment.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rdkafka::TopicPartitionList;
use tokio::sync::Notify;

use super::lane::Lane;

type ByTopic = HashMap<Arc<str>, BTreeMap<i32, Arc<Lane>>>;

/// A lane for each. Opened and closed by the rebalance callbacks.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    all: Mutex<ByTopic>,
    /// Told when a paused lane has room again.
    pub(crate) room: Arc<Notify>,
}

impl Lanes {
    pub(crate) fn assign(&self, partitions: &TopicPartitionList) {
        let mut all = self.all();
        for element in partitions.elements() {
            let (topic, partition) = (Arc::<str>::from(element.topic()), element.partition());
            let lane = Lane::new(topic.clone(), partition, self.room.clone());
            let before = all
                .entry(topic)
                .or_default()
                .insert(partition, Arc::new(lane));
            if let Some(before) = before {
                before.revoke();
            }
        }
    }

    /// Closes lanes and answers them.
    pub(crate) fn revoke(&self, partitions: &TopicPartitionList) -> Vec<Arc<Lane>> {
        let mut all = self.all();
        let mut revoked = Vec::new();
        for element in partitions.elements() {
            let topic = all.get_mut(element.topic());
            if let Some(lane) = topic.and_then(|topic| topic.remove(&element.partition())) {
                lane.revoke();
                revoked.push(lane);
            }
        }
        revoked
    }

    pub(crate) fn get(&self, topic: &str, partition: i32) -> Option<Arc<Lane>> {
        self.all().get(topic)?.get(&partition).cloned()
    }

    pub(crate) fn all_lanes(&self) -> Vec<Arc<Lane>> {
        self.all()
            .values()
            .flat_map(BTreeMap::values)
            .cloned()
            .collect()
    }

    fn all(&self) -> MutexGuard<'_, ByTopic> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
