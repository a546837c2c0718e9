//! The relay, which delivers straight to the functions.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use prometheus_client::registry::Registry;
use spindrift_cloudevents::retry::Schedule;
use spindrift_database::Target;
use spindrift_manifest::{App, KafkaTrigger};
use spindrift_outbox::{Direct, Metrics, Settings, Subscription};
use spindrift_runtime::Functions;
use tokio_util::sync::CancellationToken;

use super::sink::InProcess;

/// How long events that were published stay in the outbox.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// The relay of an application, for the functions that are loaded.
pub(super) fn direct(
    app: &App,
    functions: &Arc<Functions>,
    database: &str,
    registry: &mut Registry,
    stop: CancellationToken,
) -> Result<impl Future<Output = ()> + Send + use<>> {
    let database = Target::parse(database)?;
    let loaded = |trigger: &&KafkaTrigger| functions.contains_key(&trigger.component);
    let subscriptions = app.kafka.iter().filter(loaded).map(subscription).collect();
    let sink = InProcess(functions.clone());
    let outlet = Direct::new(database.clone(), subscriptions, sink);
    let settings = Settings {
        database,
        retention: RETENTION,
    };
    let metrics = Metrics::register(registry);
    Ok(spindrift_outbox::run(settings, outlet, metrics, stop))
}

fn subscription(trigger: &KafkaTrigger) -> Subscription {
    Subscription {
        consumer: trigger.group.clone(),
        component: trigger.component.clone(),
        topics: trigger
            .topics
            .iter()
            .map(|topic| topic.name.clone())
            .collect(),
        schedule: Schedule {
            retries: trigger.retry.retries,
            first: trigger.retry.first,
            cap: trigger.retry.cap,
        },
    }
}
