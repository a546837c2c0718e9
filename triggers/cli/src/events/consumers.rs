//! Members of the triggers' consumer groups, which call functions.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use spindrift_cloudevents::Sink;
use spindrift_kafka::{Consumer, Error, Metrics, Producer, Subscription};
use spindrift_manifest::{KafkaConnection, KafkaTrigger};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{schedule, topics};

/// How long a function may still take when everything stops: as long as a request's.
const DRAIN: Duration = Duration::from_secs(25);

/// How soon what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// A member for each trigger. They deliver until the stop.
pub(super) fn all<S: Sink + Clone>(
    triggers: &[&KafkaTrigger],
    sink: &S,
    connection: &KafkaConnection,
    producer: &Producer,
    registry: &mut Registry,
    stop: &CancellationToken,
) -> impl Future<Output = ()> + Send + use<S> {
    let metrics = Metrics::register(registry);
    let sink = Arc::new(sink.clone());
    let member = |trigger: &&KafkaTrigger| Member {
        connection: connection.clone(),
        subscription: subscription(trigger, connection),
        sink: sink.clone(),
        producer: producer.clone(),
        metrics: metrics.clone(),
        stop: stop.clone(),
    };
    let members: Vec<Member<S>> = triggers.iter().map(member).collect();
    let (producer, stop) = (producer.clone(), stop.clone());
    async move {
        if make_topics(&members, &producer, &stop).await {
            let members: JoinSet<()> = members.into_iter().map(Member::run).collect();
            members.join_all().await;
        }
    }
}

/// Makes the topics that are read, and those of their dead letters. A topic that is
/// made after a group has subscribed to it is found by it a minute later. Whether it
/// was not time to stop meanwhile.
async fn make_topics<S>(
    members: &[Member<S>],
    producer: &Producer,
    stop: &CancellationToken,
) -> bool {
    let topics = members
        .iter()
        .flat_map(|member| &member.subscription.topics);
    let names = topics.flat_map(|topic| [&*topic.name, &*topic.dead_letter_topic]);
    let names: BTreeSet<&str> = names.collect();
    while let Err(error) = topics::make(producer, names.iter().copied().collect()).await {
        tracing::warn!(%error, "topics");
        // Somebody else may have made what this user may not make.
        if matches!(error, Error::Topic { .. }) {
            break;
        }
        if stops(stop).await {
            return false;
        }
    }
    true
}

/// Waits a little. Whether it is time to stop.
async fn stops(stop: &CancellationToken) -> bool {
    tokio::time::timeout(PAUSE, stop.cancelled()).await.is_ok()
}

fn subscription(trigger: &KafkaTrigger, connection: &KafkaConnection) -> Subscription {
    Subscription {
        component: trigger.component.clone(),
        topics: connection.topics(trigger),
        group: connection.name(&trigger.group),
        initial_offset: trigger.initial_offset,
        concurrency: trigger.concurrency,
        schedule: schedule(trigger),
    }
}

struct Member<S> {
    connection: KafkaConnection,
    subscription: Subscription,
    sink: Arc<S>,
    producer: Producer,
    metrics: Metrics,
    stop: CancellationToken,
}

impl<S: Sink> Member<S> {
    async fn run(self) {
        let group = &self.subscription.group;
        while let Err(error) = self.consume().await {
            tracing::error!(group, %error, "the consumer begins again");
            if stops(&self.stop).await {
                return;
            }
        }
    }

    async fn consume(&self) -> Result<(), Error> {
        let consumer = Consumer::new(
            &self.connection,
            self.subscription.clone(),
            self.sink.clone(),
            self.producer.clone(),
            &self.metrics,
        )?;
        consumer.run(self.stop.clone(), DRAIN).await
    }
}
