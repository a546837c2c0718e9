//! Events and ticks on their way to the functions of this process.

mod relay;
mod sink;
mod ticks;

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;
use spindrift_database::{Target, with_role};
use spindrift_manifest::App;
use spindrift_runtime::Functions;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::DatabaseArgs;

/// The database that the outbox and the ticks are in, by the URL that the manifest
/// names. Nothing for an application whose functions are called by requests alone.
pub(crate) fn database(
    app: &App,
    values: &BTreeMap<String, String>,
    database: &DatabaseArgs,
) -> Result<Option<String>> {
    if app.kafka.is_empty() && app.cron.is_empty() {
        return Ok(None);
    }
    let settings = app.settings.database.as_ref();
    let Some((settings, variable)) = settings.and_then(|s| Some((s, s.outbox_variable.as_ref()?)))
    else {
        tracing::warn!(
            "events and ticks are not delivered: there is no `outbox_variable` in \
             [application.tool.spindrift.database] of {}",
            app.manifest.display()
        );
        return Ok(None);
    };
    let role = settings.roles.get(variable);
    let url = match (database.session_url(), role) {
        // Sessions are needed, which a pooler does not give.
        (Some(direct), Some(role)) => with_role(direct, role).context("DIRECT_DATABASE_URL")?,
        _ => values
            .get(variable)
            .with_context(|| format!("the variable \"{variable}\" has no value"))?
            .clone(),
    };
    // Here, where it can be said which one is wrong.
    Target::parse(&url).with_context(|| format!("variable \"{variable}\""))?;
    Ok(Some(url))
}

/// Starts delivering what the loaded functions subscribe to, and ticking their jobs,
/// until the stop; what is under way then is let end.
pub(crate) fn start(
    app: &App,
    functions: &Arc<Functions>,
    database: &str,
    registry: &mut Registry,
    stop: &CancellationToken,
) -> Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    tasks.spawn(relay::direct(
        app,
        functions,
        database,
        registry,
        stop.clone(),
    )?);
    tasks.spawn(ticks::scheduler(
        app,
        functions,
        database,
        registry,
        stop.clone(),
    ));
    Ok(tasks)
}
