//! `spindrift relay`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use prometheus_client::registry::Registry;
use spindrift_database::Target;
use spindrift_http::Health;
use spindrift_manifest::App;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{check_ids, export_traces, load, say_operators};
use crate::args::{Address, Placement, RelayArgs};
use crate::events::{Reached, Remote, Sources};
use crate::report::say;
use crate::{database, events, listen, logging, operators, shutdown, variables};

/// Brings what is in the outbox to Kafka or to functions, until told to stop.
pub(super) async fn run(args: RelayArgs, started: Instant) -> Result<ExitCode> {
    logging::start(&args.output)?;
    let stop = shutdown::on_signals()?;
    let mut app = load(&args.app, false)?;
    export_traces(&format!("{}-relay", app.name))?;
    args.kafka.apply(&mut app)?;
    let placement = args.placement.placement;
    check_ids(&app, &placement.components())?;
    let mut values = variables::given(&app, &args.variables.variables)?;
    if let (Some(url), Some(settings)) = (args.database.url(), &app.settings.database) {
        let named = database::external_values(url, settings)?;
        values = named.into_iter().chain(values).collect();
    }
    let sources = Sources::of(&app, &values, &args.database, false)?;
    let admin = listen::bind_admin(args.admin.admin_listen).await?;
    let mut registry = Registry::default();
    let (tasks, what) = match args.deliver {
        Some(address) => deliver(&app, (address, placement), sources, &mut registry, &stop)?,
        None => publish(&app, sources, &mut registry, &stop)?,
    };
    say_operators(admin.as_ref())?;
    let _answers = operators::answer(admin, registry, Health::until(stop.clone()));
    let seconds = started.elapsed().as_secs_f64();
    say(&format!("{what} (ready in {seconds:.2} s)"));
    tasks.join_all().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// What is at work, and what to say of it.
type Work = (JoinSet<()>, String);

/// Starts publishing to Kafka.
fn publish(
    app: &App,
    sources: Sources,
    registry: &mut Registry,
    stop: &CancellationToken,
) -> Result<Work> {
    let connection = sources.kafka.context(
        "there is nowhere to publish to: name the brokers by `--kafka-brokers host:port`, or in \
         [application.trigger.kafka] of the manifest. Without Kafka, `--deliver URL` brings \
         events straight to functions, and `spindrift up` to its own.",
    )?;
    let database = outbox(app, sources.database)?;
    let producer = events::producer(&connection)?;
    let brokers = connection.brokers.join(",");
    let relay = events::to_kafka(producer, database, registry, stop.clone());
    let mut tasks = JoinSet::new();
    tasks.spawn(relay);
    Ok((
        tasks,
        format!("Publishing events of {} to {brokers}", app.name),
    ))
}

/// Starts delivering to functions.
fn deliver(
    app: &App,
    (address, placement): (Address, Placement),
    sources: Sources,
    registry: &mut Registry,
    stop: &CancellationToken,
) -> Result<Work> {
    // Messages of Redis need no outbox.
    let messages_alone = app.kafka.is_empty() && app.cron.is_empty() && !app.redis.is_empty();
    let sources = match messages_alone {
        true => sources,
        false => Sources {
            database: Some(outbox(app, sources.database)?),
            ..sources
        },
    };
    let what = format!("Delivering events of {} to {address}", app.name);
    let reached = Reached {
        sink: Remote::new(address, placement),
        components: app.components.keys().cloned().collect(),
    };
    let tasks = events::start(app, reached, sources, registry, stop)?;
    Ok((tasks, what))
}

/// The outbox, which has to be there.
fn outbox(app: &App, database: Option<Target>) -> Result<Target> {
    database.with_context(|| {
        format!(
            "{} names no outbox: it has no `outbox_variable` in [application.tool.spindrift.database]",
            app.manifest.display()
        )
    })
}
