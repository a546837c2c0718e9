//! The relay: from the outbox to Kafka, or straight to the functions.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use spindrift_database::Target;
use spindrift_kafka::Producer;
use spindrift_manifest::KafkaTrigger;
use spindrift_outbox::{Direct, Metrics, Outlet, Published, Settings, Subscription};
use spindrift_runtime::Functions;
use tokio_util::sync::CancellationToken;

use super::publisher::ToKafka;
use super::schedule;
use super::sink::InProcess;

/// How long events that were published stay in the outbox.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// A relay that delivers to functions of this process.
pub(super) fn direct(
    triggers: &[&KafkaTrigger],
    functions: &Arc<Functions>,
    database: Target,
    registry: &mut Registry,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + use<> {
    let subscriptions = triggers.iter().copied().map(subscription).collect();
    let sink = InProcess(functions.clone());
    let outlet = Direct::new(database.clone(), subscriptions, sink);
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
