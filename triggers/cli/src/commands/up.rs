//! `spindrift up`

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use spindrift_database::{PrivateServer, StateFolder, StateLock};
use spindrift_http::{Health, ServiceOptions};
use spindrift_manifest::{App, Component};
use spindrift_runtime::{Options, Target};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::watch::Watcher;
use super::{
    build, check_ids, compile, compose, export_traces, fetch, load, load_code, load_unfetched,
    raise_file_limit, runtime_options, say_operators, say_ready, stopped,
};
use crate::args::UpArgs;
use crate::database::{self, Values};
use crate::events::Sources;
use crate::report::Reporter;
use crate::runtime_config::RuntimeConfig;
use crate::serving::{self, Loaded};
use crate::{listen, logging, shutdown, variables};

/// Everything there before functions are made.
struct Prepared {
    app: Arc<App>,
    values: Values,
    listener: TcpListener,
    admin: Option<TcpListener>,
    sources: Sources,
    server: Option<PrivateServer>,
    loaded: Loaded,
    // Last: the state folder is let go when nothing runs on it any more.
    lock: StateLock,
}

/// Starts everything, serves, and takes it down in reverse. `watching` says that what is
/// changed meanwhile is built and served.
pub(super) async fn run(args: UpArgs, watching: bool, started: Instant) -> Result<ExitCode> {
    let args = Arc::new(args);
    let reporter = logging::start(&args.serving.output)?;
    let stop = shutdown::on_signals()?;
    raise_file_limit();
    let connections = args.serving.connections.options()?;
    let secure = args.serving.connections.is_secure();
    let config = RuntimeConfig::of(&args.serving)?;
    let prepared = tokio::select! {
        prepared = Box::pin(prepare(&args, config, reporter)) => prepared?,
        () = stop.cancelled() => return Ok(ExitCode::from(130)),
    };
    let Prepared {
        app,
        values,
        listener,
        admin,
        sources,
        server,
        loaded,
        lock,
    } = prepared;
    let url = listen::url(&listener, secure)?;
    say_operators(admin.as_ref())?;
    let halt = CancellationToken::new();
    let keeper = server
        .map(|server| tokio::spawn(database::keep(server, reporter, halt.clone(), stop.clone())));
    let name = app.name.clone();
    let serving = serving::Serving {
        app: Arc::unwrap_or_clone(app),
        values,
        only: args.serving.components(),
        loaded,
        listener,
        connections,
        admin,
        sources,
        service: ServiceOptions {
            secure,
            behind_proxy: args.serving.proxy.behind_proxy,
            trusted_proxies: args.serving.trusted_proxies.clone(),
            ..ServiceOptions::default()
        },
        // What it needs was there before.
        health: Health::until(stop.clone()),
        close: stop.clone(),
        stop,
    };
    let changes = watching.then(|| {
        let watcher = Watcher {
            args: args.clone(),
            app: Arc::new(serving.app.clone()),
            provided: serving.values.keys().cloned().collect(),
            reporter,
        };
        watcher.start()
    });
    let ready = || say_ready(&name, &url, started);
    let served = Box::pin(serving::run(serving, changes, ready)).await;
    // Requests first, then the database that they were using.
    halt.cancel();
    let kept = match keeper {
        Some(keeper) => keeper.await.context("the database's keeper panicked")?,
        None => Ok(()),
    };
    drop(lock);
    let drained = served?;
    kept?;
    Ok(stopped(drained))
}

async fn prepare(args: &UpArgs, config: RuntimeConfig, reporter: Reporter) -> Result<Prepared> {
    let serving = &args.serving;
    // What is built or fetched later is looked at then.
    let mut app = match args.build {
        true => load(&serving.app, false)?,
        false => load_unfetched(&serving.app)?,
    };
    args.kafka.apply(&mut app)?;
    let is_assembled = app.components.values().any(Component::is_assembled);
    let components = serving.components();
    check_ids(&app, &components)?;
    export_traces(&app.name)?;
    config.check(&app)?;
    let given = variables::given(&app, &serving.variables.variables)?;
    let given = variables::provided(&app, &config.providers, given).await?;
    app.check_variables(&provided(&app, &given))?;

    // Whatever may be taken is tried before anything that takes long.
    let state = StateFolder::open(&serving.app.state_path())?;
    let lock = state.lock()?;
    let listener = listen::bind(&args.listen, "--listen").await?;
    let admin = listen::bind_admin_or_any(args.admin_listen).await?;
    lock.announce(&listen::url(&listener, serving.connections.is_secure())?)?;

    fetch(&serving.app, &app, &[], reporter).await?;
    if args.build {
        build::run_commands(&app, &components, serving.output.quiet, reporter).await?;
    }
    if args.build || is_assembled {
        app = compose(load_app(args, true)?, reporter).await?;
    }
    let app = Arc::new(app);
    let options = runtime_options(serving, state.path(), config);
    let loaded = prepare_functions(&app, components, options, reporter);
    let database = prepare_database(args, &app, &lock, &given, reporter);
    let (loaded, database) = tokio::join!(loaded, database);
    let (mut values, server) = database?;
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            stop_after_failure(server).await;
            return Err(error);
        }
    };
    for (name, bytes) in &app.settings.generated {
        if !given.contains_key(name) {
            values.insert(name.clone(), state.secrets().get_or_create(name, *bytes)?);
        }
    }
    values.extend(given);
    let sources = match Sources::of(&app, &values, &args.database, true) {
        Ok(sources) => sources,
        Err(error) => {
            stop_after_failure(server).await;
            return Err(error);
        }
    };
    Ok(Prepared {
        app,
        values,
        listener,
        admin,
        sources,
        server,
        loaded,
        lock,
    })
}

/// The functions' code, compiled and loaded.
async fn prepare_functions(
    app: &Arc<App>,
    only: Vec<String>,
    options: Options,
    reporter: Reporter,
) -> Result<Loaded> {
    let compiled = compile(Arc::clone(app), &options.state, Target::Machine, reporter);
    drop(compiled.await?);
    load_code(Arc::clone(app), only, options).await
}

/// The application, as the options change it.
pub(super) fn load_app(args: &UpArgs, sources: bool) -> Result<App> {
    let mut app = load(&args.serving.app, sources)?;
    args.kafka.apply(&mut app)?;
    Ok(app)
}

/// The names of all variables that will have a value.
fn provided(app: &App, given: &Values) -> BTreeSet<String> {
    let supplied = database::variables(app).into_iter().map(str::to_owned);
    given
        .keys()
        .cloned()
        .chain(supplied)
        .chain(app.settings.generated.keys().cloned())
        .collect()
}

/// The database that the manifest asks for: the one that DATABASE_URL names, none when
/// all that would name it was given, else a private one.
async fn prepare_database(
    args: &UpArgs,
    app: &App,
    lock: &StateLock,
    given: &Values,
    reporter: Reporter,
) -> Result<(Values, Option<PrivateServer>)> {
    let Some(settings) = &app.settings.database else {
        return Ok((Values::new(), None));
    };
    if let Some(url) = args.database.url() {
        database::prepare_external(&args.database, url, settings, given, None, reporter).await?;
        return Ok((database::external_values(url, settings)?, None));
    }
    if database::variables(app)
        .iter()
        .all(|name| given.contains_key(*name))
    {
        reporter.progress("every database variable was given: no private database is started, and none is migrated");
        return Ok((Values::new(), None));
    }
    let server = Box::pin(PrivateServer::start(lock, &|line| reporter.progress(line))).await?;
    match database::prepare_private(server.access(), settings, None, reporter).await {
        Ok((values, _)) => Ok((values, Some(server))),
        Err(error) => {
            stop_after_failure(Some(server)).await;
            Err(error)
        }
    }
}

/// Leaves no server behind. What failed before matters more than how this goes.
async fn stop_after_failure(server: Option<PrivateServer>) {
    if let Some(server) = server
        && let Err(error) = server.stop().await
    {
        tracing::warn!(%error, "the private PostgreSQL did not stop cleanly");
    }
}
