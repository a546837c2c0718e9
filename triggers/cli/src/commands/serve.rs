//! `spindrift serve`

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use spindrift_http::{Health, ServiceOptions};
use spindrift_manifest::App;

use super::{
    check_ids, export_traces, load, load_code, raise_file_limit, runtime_options, say_operators,
    say_ready, stopped,
};
use crate::args::ServeArgs;
use crate::database::{self, Values};
use crate::events::Sources;
use crate::runtime_config::RuntimeConfig;
use crate::{listen, logging, readiness, serving, shutdown, variables};

/// Serves what is there.
pub(super) async fn run(args: ServeArgs, started: Instant) -> Result<ExitCode> {
    let reporter = logging::start(&args.serving.output)?;
    let stop = shutdown::on_signals()?;
    raise_file_limit();
    // What is served is looked at when it is loaded; of the rest nothing need be there.
    let mut app = load(&args.serving.app, false)?;
    let only = args.serving.components();
    check_ids(&app, &only)?;
    spindrift_sources::composed(&mut app, &only)?;
    export_traces(&app.name)?;
    let served: Vec<&str> = match only.is_empty() {
        true => app.components.keys().map(String::as_str).collect(),
        false => only.iter().map(String::as_str).collect(),
    };
    let config = RuntimeConfig::of(&args.serving)?;
    config.check(&app)?;
    let given = variables::given(&app, &args.serving.variables.variables)?;
    let given = variables::provided(&app, &config.providers, given).await?;
    // Who serves all of it gives every value; who serves a part, those of the part.
    let used: BTreeSet<&str> = match only.is_empty() {
        true => app.variables.keys().map(String::as_str).collect(),
        false => app.variables_of(served.iter().copied()),
    };
    let values = values(&args, &app, &used, given.clone())?;
    let provided = values.keys().cloned().collect();
    match only.is_empty() {
        true => app.check_variables(&provided)?,
        false => app.check_variables_of(served.iter().copied(), &provided)?,
    }
    let databases = readiness::databases(&app, &served, &values)?;

    let connections = args.serving.connections.options()?;
    let secure = args.serving.connections.is_secure();
    let (address, option) = args.container.address();
    let listener = listen::bind(&address, option).await?;
    let admin = listen::bind_admin(args.container.admin.admin_listen).await?;
    say_operators(admin.as_ref())?;
    let app = Arc::new(app);
    let state = args.serving.app.state_path();
    let state = state.canonicalize().unwrap_or(state);
    let options = runtime_options(&args.serving, &state, config);
    let loaded = load_code(Arc::clone(&app), only.clone(), options).await?;
    if let (true, Some(settings)) = (args.migrate, &app.settings.database) {
        let url = args
            .database
            .url()
            .context("`--migrate` needs DATABASE_URL, the server to migrate")?;
        let migrated =
            database::prepare_external(&args.database, url, settings, &given, None, reporter);
        tokio::select! {
            migrated = Box::pin(migrated) => drop(migrated?),
            () = stop.cancelled() => return Ok(ExitCode::from(130)),
        }
    }

    let url = listen::url(&listener, secure)?;
    let name = app.name.clone();
    let health = Health::new(stop.clone(), readiness::watch(databases));
    let serving = serving::Serving {
        app: Arc::unwrap_or_clone(app),
        values,
        loaded,
        only,
        listener,
        connections,
        admin,
        // Whoever serves in containers has them delivered from outside.
        sources: Sources::default(),
        service: ServiceOptions {
            secure,
            behind_proxy: args.serving.proxy.behind_proxy,
            trusted_proxies: args.serving.trusted_proxies,
            event_sinks: args.event_sinks,
            probes: args.container.probes.then(|| health.clone()),
        },
        health,
        close: shutdown::after(&stop, args.container.shutdown_delay),
        stop,
    };
    let drained = Box::pin(serving::run(serving, None, || {
        say_ready(&name, &url, started);
    }))
    .await?;
    Ok(stopped(drained))
}

/// The values of the variables, with those that name the database as far as what is
/// served asks for them.
fn values(args: &ServeArgs, app: &App, used: &BTreeSet<&str>, given: Values) -> Result<Values> {
    let Some(settings) = &app.settings.database else {
        return Ok(given);
    };
    let missing: Vec<&str> = database::variables(app)
        .into_iter()
        .filter(|name| used.contains(name) && !given.contains_key(*name))
        .collect();
    if missing.is_empty() {
        return Ok(given);
    }
    let Some(url) = args.database.url() else {
        bail!(
            "{} a database, and `spindrift serve` starts none: set DATABASE_URL to a PostgreSQL, \
             or give each of the variables {} ({}) a value. `spindrift up` brings a private database along.",
            match args.serving.components().as_slice() {
                [] => "the application needs".to_owned(),
                [one] => format!("the component {one} needs"),
                several => format!("the components {} need", several.join(", ")),
            },
            missing.join(", "),
            missing
                .iter()
                .map(|name| format!("SPIN_VARIABLE_{}", name.to_uppercase()))
                .collect::<Vec<_>>()
                .join(", ")
        );
    };
    let mut values = database::external_values(url, settings)?;
    values.extend(given);
    Ok(values)
}
