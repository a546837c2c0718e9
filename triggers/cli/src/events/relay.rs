//! The relay: from the outbox to Kafka, or straight to the functions.

use std::future::Future;
use std::time::Duration;

use prometheus_client::registry::Registry;
use spindrift_cloudevents::Sink;
use spindrift_database::Target;
use spindrift_kafka::Producer;
use spindrift_manifest::KafkaTrigger;
use spindrift_outbox::{Direct, Metrics, Outlet, Published, Settings, Subscription};
use tokio_util::sync::CancellationToken;

use super::publisher::ToKafka;
use super::schedule;

/// How long events that were published stay in the outbox.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// A relay that delivers to functions.
pub(super) fn direct<S: Sink + Clone>(
    triggers: &[&KafkaTrigger],
    sink: &S,
    database: Target,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<S> {
    let subscriptions = triggers.iter().copied().map(subscription).collect();
    let outlet = Direct::new(database.clone(), subscriptions, sink.clone());
    relay(database, outlet, registry, stop)
}

/// A relay that publishes to Kafka.
pub(crate) fn to_kafka(
    producer: Producer,
    database: Target,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    relay(database, Published(ToKafka(producer)), registry, stop)
}

fn relay<O: Outlet>(
    database: Target,
    outlet: O,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<O> {
    let settings = Settings {
        database,
        retention: RETENTION,
    };
    let metrics = Metrics::register(registry);
    spindrift_outbox::run(settings, outlet, metrics, stop)
}

fn subscription(trigger: &KafkaTrigger) -> Subscription {
    let topics = trigger.topics.iter();
    Subscription {
        consumer: trigger.group.clone(),
        component: trigger.component.clone(),
        topics: topics.map(|topic| topic.name.clone()).collect(),
        schedule: schedule(trigger),
    }
}
