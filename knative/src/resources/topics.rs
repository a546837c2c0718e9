//! Topics, and those of dead letters.

use std::collections::{BTreeMap, BTreeSet};

use spindrift_manifest::KafkaConnection;

use super::meta::named;
use super::push;
use crate::kinds::Kind;
use crate::kinds::kafka::{KafkaTopicSpec, TopicConfig};
use crate::object::{Object, Stage};
use crate::plan::Plan;
use crate::profile::Topics;

const HOUR: u64 = 3_600_000;

/// The topics at the brokers, dead letters' included.
pub(crate) fn names(plan: &Plan<'_>) -> Vec<String> {
    let Some(connection) = &plan.kafka else {
        return Vec::new();
    };
    let all: BTreeSet<String> = subscribed(plan, connection)
        .chain(dead_letters(plan, connection))
        .collect();
    all.into_iter().collect()
}

fn subscribed(plan: &Plan<'_>, connection: &KafkaConnection) -> impl Iterator<Item = String> {
    let topics = plan
        .app
        .kafka
        .iter()
        .flat_map(|trigger| connection.topics(trigger));
    topics.map(|topic| topic.name)
}

/// The topics of dead letters, each once.
pub(super) fn dead_letters(plan: &Plan<'_>, connection: &KafkaConnection) -> BTreeSet<String> {
    let topics = plan
        .app
        .kafka
        .iter()
        .flat_map(|trigger| connection.topics(trigger));
    topics.map(|topic| topic.dead_letter_topic).collect()
}

/// The topics as Strimzi is told of them, where it keeps the brokers.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let (Some(connection), Topics::Strimzi) = (&plan.kafka, plan.profile.kafka.topics) else {
        return;
    };
    let letters = dead_letters(plan, connection);
    let kafka = &plan.profile.kafka;
    for topic in names(plan) {
        let hours = match letters.contains(&topic) {
            true => kafka.retention_hours * 4,
            false => kafka.retention_hours,
        };
        let name = topic.to_ascii_lowercase().replace('_', "-");
        let mut metadata = named(plan, plan.name(&name), "topics");
        // Strimzi looks for topics where the cluster is.
        metadata.namespace = Some(kafka.cluster_namespace.clone());
        let cluster = ("strimzi.io/cluster".to_owned(), kafka.cluster.clone());
        metadata
            .labels
            .get_or_insert_with(BTreeMap::new)
            .extend([cluster]);
        let spec = KafkaTopicSpec {
            topic_name: topic,
            partitions: kafka.partitions,
            replicas: kafka.replication,
            config: TopicConfig {
                min_insync_replicas: kafka.min_insync,
                retention_ms: u64::from(hours) * HOUR,
            },
        };
        push(objects, Stage::Ground, spec.object(metadata));
    }
}
