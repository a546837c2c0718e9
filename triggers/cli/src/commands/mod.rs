//! One module per command.

mod backup;
mod build;
mod deploy;
mod dlq;
mod edge;
mod events;
mod migrate;
mod plugin;
mod reference;
mod relay;
mod restore;
mod scaffold;
mod serve;
mod session;
mod smoke;
mod trigger;
mod up;
mod watch;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Once};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use spindrift_database::StateFolder;
use spindrift_http::Drained;
use spindrift_manifest::{App, Checks, Component};
use spindrift_runtime::{Options, Target};
use tokio::net::TcpListener;

use crate::args::{AppArgs, Command, DatabaseArgs, ServingArgs};
use crate::report::Reporter;
use crate::runtime_config::RuntimeConfig;
use crate::serving::{self, Loaded};
use crate::{doctor, listen};

/// Runs one command. `started` is when the process did.
pub(crate) async fn run(command: Command, started: Instant) -> Result<ExitCode> {
    match command {
        Command::New(args) => scaffold::new(&args),
        Command::Add(args) => scaffold::add(&args),
        Command::Up(args) => Box::pin(up::run(args, false, started)).await,
        Command::Watch(mut args) => {
            args.build = true;
            Box::pin(up::run(args, true, started)).await
        }
        Command::Serve(args) => Box::pin(serve::run(args, started)).await,
        Command::Edge(args) => Box::pin(edge::run(args, started)).await,
        Command::Smoke(args) => Box::pin(smoke::run(args)).await,
        Command::Migrate(args) => Box::pin(migrate::run(args)).await,
        Command::Build(args) => build::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Relay(args) => Box::pin(relay::run(args, started)).await,
        Command::Dlq(args) => Box::pin(dlq::run(args)).await,
        Command::Events(args) => Box::pin(events::run(args)).await,
        Command::Deploy(args) => Box::pin(deploy::deploy(args, started)).await,
        Command::Render(args) => deploy::render(&args),
        Command::Diff(args) => Box::pin(deploy::diff(args)).await,
        Command::Status(args) => Box::pin(deploy::status(args)).await,
        Command::Logs(args) => Box::pin(deploy::logs(args)).await,
        Command::Promote(args) => Box::pin(deploy::promote(args, started)).await,
        Command::Rollback(args) => Box::pin(deploy::rollback(args, started)).await,
        Command::Delete(args) => Box::pin(deploy::delete(args)).await,
        Command::Backup(args) => Box::pin(backup::run(args)).await,
        Command::Restore(args) => Box::pin(restore::run(args)).await,
        Command::Plugin(args) => plugin::run(&args),
        Command::Trigger(args) => Box::pin(trigger::run(args, started)).await,
        Command::Completions(args) => Ok(reference::completions(&args)),
        Command::Man(args) => reference::man(&args),
    }
}

/// Reads and checks the manifest, with its components or without them.
fn load(args: &AppArgs, sources: bool) -> Result<App> {
    checked(
        args,
        Checks {
            sources,
            ..Checks::default()
        },
    )
}

/// The same with the components that are on this machine: others are fetched later.
fn load_unfetched(args: &AppArgs) -> Result<App> {
    checked(
        args,
        Checks {
            sources: true,
            unfetched: true,
            ..Checks::default()
        },
    )
}

fn checked(args: &AppArgs, checks: Checks) -> Result<App> {
    static OLD: Once = Once::new();
    let checks = Checks {
        fetched: args.fetched(),
        ..checks
    };
    let app = spindrift_manifest::load(&args.from, &checks)?;
    if app.is_version_1 {
        OLD.call_once(|| {
            tracing::warn!(
                "{} is of version 1 and is read as version 2 would say it; `spin doctor` (a command \
                 of Spin) rewrites it",
                app.manifest.display()
            );
        });
    }
    Ok(app)
}

/// Fetches what the components in `only`, or all when it is empty, have elsewhere, as far
/// as it is not in the state folder.
async fn fetch(args: &AppArgs, app: &App, only: &[String], reporter: Reporter) -> Result<()> {
    if app.components.values().any(Component::is_assembled) {
        StateFolder::open(&args.state_path())?;
        let progress = |line: &str| reporter.progress(line);
        Box::pin(spindrift_sources::fetch(app, only, &progress)).await?;
    }
    Ok(())
}

/// Composes the components that have dependencies. On a thread of its own, like the
/// compiler.
async fn compose(mut app: App, reporter: Reporter) -> Result<App> {
    if !app.components.values().any(Component::is_assembled) {
        return Ok(app);
    }
    let work = move || {
        let progress = |line: &str| reporter.progress(line);
        spindrift_sources::compose(&mut app, &[], &progress)?;
        anyhow::Ok(app)
    };
    tokio::task::spawn_blocking(work)
        .await
        .context("the components cannot be composed: whoever tried that panicked")?
}

/// Refuses ids that are no component's.
fn check_ids(app: &App, ids: &[String]) -> Result<()> {
    match ids.iter().find(|id| !app.components.contains_key(*id)) {
        None => Ok(()),
        Some(id) => {
            let known: Vec<&str> = app.components.keys().map(String::as_str).collect();
            bail!(
                "there is no component \"{id}\" in {}: it has {}",
                app.manifest.display(),
                known.join(", ")
            )
        }
    }
}

/// Compiles what is not compiled yet, and returns the files of the code. On a thread of
/// its own: it takes seconds.
async fn compile(
    app: Arc<App>,
    state: &Path,
    target: Target,
    reporter: Reporter,
) -> Result<Vec<PathBuf>> {
    let state = state.to_owned();
    let place = match target {
        Target::Machine => "this machine",
        Target::Portable => std::env::consts::ARCH,
    };
    let begun = move |id: &str| reporter.progress(&format!("compiling {id} for {place}"));
    tokio::task::spawn_blocking(move || serving::compile(&app, &state, target, begun))
        .await
        .context("the compiler panicked")?
}

/// Loads code that was compiled. On a thread of its own, as others wait for a database.
async fn load_code(app: Arc<App>, only: Vec<String>, options: Options) -> Result<Loaded> {
    tokio::task::spawn_blocking(move || serving::load(&app, &only, options))
        .await
        .context("loading the functions panicked")?
}

/// Has traces exported by a process of that name, if the environment names a collector.
fn export_traces(service: &str) -> Result<()> {
    if spindrift_traces::export::start(service, env!("CARGO_PKG_VERSION"))? {
        tracing::info!(service, "exporting traces");
    }
    Ok(())
}

/// How functions run, as the options say.
fn runtime_options(args: &ServingArgs, state: &Path, config: RuntimeConfig) -> Options {
    Options {
        state: state.to_owned(),
        environment: args
            .env
            .iter()
            .map(|entry| (entry.name.clone(), entry.value.clone()))
            .collect(),
        database_connections: args.database_connections,
        key_value_stores: config.key_value,
        sqlite_databases: config.sqlite,
        models: config.models,
        blocked_networks: config.blocked_networks,
        client_tls: config.client_tls,
        outbound_requests: config.outbound_requests,
        outbound_pooling: config.outbound_pooling.unwrap_or(true),
        sockets: config.sockets,
    }
}

/// For commands on the private database.
fn refuse_external(database: &DatabaseArgs, what: &str, instead: &str) -> Result<()> {
    match database.url() {
        None => Ok(()),
        Some(_) => bail!(
            "DATABASE_URL names a database that somebody else runs, and `spindrift {what}` works on the private one. \
             Use `{instead}` there, or unset DATABASE_URL."
        ),
    }
}

/// The state folder of an application that was served here before.
fn existing_state(args: &AppArgs) -> Result<StateFolder> {
    let path = args.state_path();
    let state = StateFolder::open_existing(&path)?;
    state
        .filter(|state| spindrift_database::data_folder(state).is_some())
        .with_context(|| {
            format!(
                "there is no database in {}; name the right folder with `--state-dir DIR`",
                path.display()
            )
        })
}

/// Says how long it took, where functions are served.
fn say_ready(app: &str, url: &str, started: Instant) {
    let seconds = started.elapsed().as_secs_f64();
    tracing::debug!(url, ready_ms = seconds * 1000.0, "serving");
    crate::report::say(&format!("Serving {app} on {url} (ready in {seconds:.2} s)"));
}

/// Says how serving ended.
fn stopped(drained: Drained) -> ExitCode {
    if drained == Drained::Cut {
        tracing::warn!("some requests were still under way and were cut");
    }
    tracing::info!("stopped");
    ExitCode::SUCCESS
}

/// Says where operators ask, for those who look closely.
fn say_operators(admin: Option<&TcpListener>) -> Result<()> {
    if let Some(admin) = admin {
        tracing::debug!(url = listen::url(admin, false)?, "operators' listener");
    }
    Ok(())
}

/// Allows as many open files as the system lets this user have: every connection is one.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        // Where this is refused the old limit serves on.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: limit.maximum,
                maximum: limit.maximum,
            },
        );
    }
}
