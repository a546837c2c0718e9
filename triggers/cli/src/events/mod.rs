//! Events on their way to functions.

mod sink;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;
use spindrift_cloudevents::retry::Schedule;
use spindrift_database::{Target, with_role};
use spindrift_manifest::{App, KafkaTrigger};
use spindrift_outbox::{Direct, Metrics, Settings, Subscription};
use spindrift_runtime::Functions;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::sink::InProcess;
use crate::args::DatabaseArgs;

/// How long events that were published stay in the outbox.
const RETENTION: Duration = Duration::from_secs(3 * 24 * 3600);

/// The database that the outbox is in, by the URL that the manifest names. Nothing
/// for an application that subscribes to nothing.
pub(crate) fn outbox(
    app: &App,
    values: &BTreeMap<String, String>,
    database: &DatabaseArgs,
) -> Result<Option<Target>> {
    if app.kafka.is_empty() {
        return Ok(None);
    }
    let settings = app.settings.database.as_ref();
    let Some((settings, variable)) = settings.and_then(|s| Some((s, s.outbox_variable.as_ref()?)))
    else {
        tracing::warn!(
            "events are not delivered: there is no `outbox_variable` in [application.tool.spindrift.database] of {}",
            app.manifest.display()
        );
        return Ok(None);
    };
    let role = settings.roles.get(variable);
    let url = match (database.session_url(), role) {
        // The relay needs sessions, which a pooler does not give.
        (Some(direct), Some(role)) => with_role(direct, role).context("DIRECT_DATABASE_URL")?,
        _ => values
            .get(variable)
            .with_context(|| format!("the variable \"{variable}\" has no value"))?
            .clone(),
    };
    Ok(Some(
        Target::parse(&url).with_context(|| format!("variable \"{variable}\""))?,
    ))
}

/// Starts the relay, which delivers straight to the functions that are loaded.
pub(crate) fn start(
    app: &App,
    functions: &Arc<Functions>,
    database: Target,
    registry: &mut Registry,
    stop: CancellationToken,
) -> JoinHandle<()> {
    let metrics = Metrics::register(registry);
    let loaded = |trigger: &&KafkaTrigger| functions.contains_key(&trigger.component);
    let subscriptions = app.kafka.iter().filter(loaded).map(subscription).collect();
    let outlet = Direct::new(
        database.clone(),
        subscriptions,
        InProcess(functions.clone()),
    );
    let settings = Settings {
        database,
        retention: RETENTION,
    };
    tokio::spawn(spindrift_outbox::run(settings, outlet, metrics, stop))
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
