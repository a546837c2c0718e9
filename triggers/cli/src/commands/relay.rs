//! `spindrift relay`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;

use super::load;
use crate::args::RelayArgs;
use crate::events::Sources;
use crate::report::say;
use crate::{database, events, listen, logging, operators, shutdown, variables};

/// Publishes what is in the outbox until told to stop.
pub(super) async fn run(args: RelayArgs, started: Instant) -> Result<ExitCode> {
    logging::start(&args.output)?;
    let stop = shutdown::on_signals()?;
    let mut app = load(&args.app, false)?;
    args.kafka.apply(&mut app)?;
    let mut values = variables::given(&app, &args.variables.variables)?;
    if let (Some(url), Some(settings)) = (args.database.url(), &app.settings.database) {
        let named = database::external_values(url, settings)?;
        values = named.into_iter().chain(values).collect();
    }
    let sources = Sources::of(&app, &values, &args.database)?;
    let connection = sources.kafka.context(
        "there is nowhere to publish to: name the brokers by `--kafka-brokers host:port`, or in \
         [application.trigger.kafka] of the manifest. Without Kafka, `spindrift up` brings \
         events straight to the functions.",
    )?;
    let database = sources.database.with_context(|| {
        format!(
            "{} names no outbox: it has no `outbox_variable` in [application.tool.spindrift.database]",
            app.manifest.display()
        )
    })?;
    let brokers = connection.brokers.join(",");
    let producer = events::producer(&connection)?;
    let admin = listen::bind_admin(args.admin.admin_listen).await?;
    let mut registry = Registry::default();
    let relay = events::to_kafka(producer, database, &mut registry, stop.clone());
    let _answers = operators::answer(admin, registry, &stop);
    let seconds = started.elapsed().as_secs_f64();
    say(&format!(
        "Publishing events of {} to {brokers} (ready in {seconds:.2} s)",
        app.name
    ));
    relay.await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}
