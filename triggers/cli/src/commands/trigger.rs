//! `spindrift trigger`: what `spin up` starts beside its own triggers.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use prometheus_client::registry::Registry;
use serde_json::{Map, Value, json};
use spindrift_database::StateFolder;
use spindrift_http::Health;
use spindrift_manifest::{App, Checks, FETCHED};
use spindrift_runtime::{BlockedNetworks, ClientTls, Options, Runtime, Target};

use super::{compile, compose, export_traces, raise_file_limit, say_operators};
use crate::args::{TriggerArgs, TriggerKind, TriggerOptions};
use crate::database::Values;
use crate::events::{self, InProcess, Reached, Sources};
use crate::report::{say, tell, write};
use crate::{listen, logging, operators, serving, shutdown, variables};

/// Calls the functions of one type of triggers, until told to stop; calls under way then
/// are let end.
pub(super) async fn run(args: TriggerArgs, started: Instant) -> Result<ExitCode> {
    if args.help_args_only {
        write(&TriggerOptions::help(args.kind));
        return Ok(ExitCode::SUCCESS);
    }
    if args.launch_metadata_only {
        tell(&launch_metadata());
        return Ok(ExitCode::SUCCESS);
    }
    let options = &args.options;
    let reporter = logging::start(&options.output)?;
    let stop = shutdown::on_signals_of_spin()?;
    raise_file_limit();
    for option in options.idle() {
        tracing::warn!("`{option}` is an option of Spin that does nothing here");
    }
    let app = load(&args)?;
    export_traces(&format!("{}-{}", app.name, args.kind.as_str()))?;
    let values = variables::given(&app, &options.variables.variables)?;
    let used = app.components.keys().map(String::as_str);
    app.check_variables_of(used, &values.keys().cloned().collect())?;
    let sources = sources(&app, &values)?;
    let admin = match options.admin_listen {
        Some(address) => listen::bind_admin(address).await?,
        None => None,
    };

    let state = StateFolder::open(&args.locked.state(options.state_dir.as_deref()))?;
    let app = Arc::new(compose(app, reporter).await?);
    tokio::select! {
        compiled = compile(Arc::clone(&app), state.path(), Target::Machine, reporter) => {
            drop(compiled?);
        }
        () = stop.cancelled() => return Ok(ExitCode::from(130)),
    }
    let mut registry = Registry::default();
    let metrics = spindrift_runtime::metrics::Metrics::register(&mut registry);
    let runtime = Runtime::new(
        Options {
            state: state.path().to_owned(),
            environment: Vec::new(),
            database_connections: options.database_connections,
            key_value_stores: BTreeMap::new(),
            sqlite_databases: BTreeMap::new(),
            models: None,
            blocked_networks: BlockedNetworks::default(),
            client_tls: ClientTls::default(),
            outbound_requests: None,
            outbound_pooling: true,
            sockets: None,
        },
        metrics,
    )?;
    let code = serving::read(&runtime, &app, &[])?;
    let functions = Arc::new(serving::functions(&runtime, &app, &values, code)?);
    let reached = Reached {
        sink: InProcess::new(Arc::clone(&functions)),
        components: functions.keys().cloned().collect(),
    };
    let deliveries = events::start(&app, reached, sources, &mut registry, &stop)?;
    say_operators(admin.as_ref())?;
    let _answers = operators::answer(admin, registry, Health::until(stop.clone()));
    let seconds = started.elapsed().as_secs_f64();
    let what = match args.kind {
        TriggerKind::Cron => "Ticking the jobs of",
        TriggerKind::Kafka => "Delivering the events of",
    };
    say(&format!("{what} {} (ready in {seconds:.2} s)", app.name));
    deliveries.join_all().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// The part of the locked application that is for this process.
fn load(args: &TriggerArgs) -> Result<App> {
    let kind = args.kind.as_str();
    let url = args.locked.locked_url.as_deref().with_context(|| {
        format!(
            "nobody says which application: `spin up` does, by SPIN_LOCKED_URL, when it starts the \
             plugin trigger-{kind}. `spindrift up` runs an application without Spin."
        )
    })?;
    let path = spindrift_manifest::file_path(url).with_context(|| {
        format!("SPIN_LOCKED_URL is {url:?}, and must be the URL of a file, file:///...")
    })?;
    let checks = Checks {
        sources: true,
        fetched: args
            .locked
            .state(args.options.state_dir.as_deref())
            .join(FETCHED),
        ..Checks::default()
    };
    let mut app = spindrift_manifest::load_locked(&path, &args.locked.root(), kind, &checks)?;
    args.options.kafka.apply(&mut app)?;
    Ok(app)
}

/// Where events come from. What a locked application says nothing of is a database.
fn sources(app: &App, values: &Values) -> Result<Sources> {
    let kafka = app.kafka_connection(values)?;
    ensure!(
        app.kafka.is_empty() || kafka.is_some(),
        "there are no brokers to take events from: name them by `--kafka-brokers host:port`, by \
         KAFKA_BROKERS, or by `brokers` in [application.trigger.kafka] of the manifest"
    );
    Ok(Sources {
        kafka,
        // Spin starts one process for each type of triggers.
        alone: !app.cron.is_empty(),
        ..Sources::default()
    })
}

/// Which options are this trigger's, as `spin up` asks when an application has several
/// types of triggers.
fn launch_metadata() -> String {
    let flag = |(long, short): (Option<String>, Option<String>)| {
        let mut names = Map::new();
        for (key, name) in [("long", long), ("short", short)] {
            if let Some(name) = name {
                names.insert(key.to_owned(), Value::String(name));
            }
        }
        Value::Object(names)
    };
    let flags: Vec<Value> = TriggerOptions::flags().into_iter().map(flag).collect();
    json!({ "all_flags": flags }).to_string()
}
