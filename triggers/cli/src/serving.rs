//! Functions behind a listener, until told to stop: what `up` and `serve` share.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, anyhow};
use prometheus_client::registry::Registry;
use spindrift_http::{Drained, Health, ServeOptions, Service, ServiceOptions};
use spindrift_manifest::App;
use spindrift_runtime::{Code, Functions, LoadError, Options, Runtime, Target};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::events::{self, InProcess, Reached, Sources};
use crate::operators;

/// Everything that serving needs, decided.
pub(crate) struct Serving {
    /// The application.
    pub(crate) app: App,
    /// The values of its variables, all of them.
    pub(crate) values: BTreeMap<String, String>,
    /// The components to serve; empty means all.
    pub(crate) only: Vec<String>,
    /// The code of what is served.
    pub(crate) loaded: Loaded,
    /// Where requests come in.
    pub(crate) listener: TcpListener,
    /// How callers' connections are treated.
    pub(crate) connections: ServeOptions,
    /// Where operators ask; `None` leaves that out.
    pub(crate) admin: Option<TcpListener>,
    /// Where the events and ticks come from that this process is to deliver.
    pub(crate) sources: Sources,
    /// How requests are answered.
    pub(crate) service: ServiceOptions,
    /// What operators and probes are told.
    pub(crate) health: Health,
    /// Cancelled when it is time to stop.
    pub(crate) stop: CancellationToken,
    /// Cancelled when no more connections are to be accepted: then, or later.
    pub(crate) close: CancellationToken,
}

/// What needs no values of variables, and so can be there before a database is.
pub(crate) struct Loaded {
    registry: Registry,
    metrics: spindrift_http::metrics::Metrics,
    runtime: Runtime,
    code: Code,
}

/// Loads the code of the components in `only`, of all if that is empty. `options` say how
/// functions run; their state folder holds what [`compile`] made.
pub(crate) fn load(app: &App, only: &[String], options: Options) -> Result<Loaded> {
    let mut registry = Registry::default();
    let metrics = spindrift_runtime::metrics::Metrics::register(&mut registry);
    let runtime = Runtime::new(options, metrics)?;
    let metrics = spindrift_http::metrics::Metrics::register(&mut registry);
    let code = read(&runtime, app, only)?;
    Ok(Loaded {
        registry,
        metrics,
        runtime,
        code,
    })
}

/// All errors as one.
fn all(errors: &[LoadError]) -> anyhow::Error {
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    anyhow!("{}", errors.join("\n"))
}

/// Makes functions and serves them until the stop; then requests under way
/// are let end. `ready` is called when requests are answered. What comes from `changes`
/// is served from then on.
pub(crate) async fn run(
    serving: Serving,
    changes: Option<mpsc::Receiver<App>>,
    ready: impl FnOnce(),
) -> Result<Drained> {
    let Loaded {
        mut registry,
        metrics,
        runtime,
        code,
    } = serving.loaded;
    let loader = Loader {
        runtime,
        values: serving.values,
        only: serving.only,
        metrics,
        service: serving.service,
    };
    let (functions, service) = loader.serve(&serving.app, code)?;
    let sink = InProcess::new(functions.clone());
    let reached = Reached {
        sink: sink.clone(),
        components: functions.keys().cloned().collect(),
    };
    let deliveries = events::start(
        &serving.app,
        reached,
        serving.sources,
        &mut registry,
        &serving.stop,
    )?;
    loader.runtime.introduce(service.neighbours());
    let _answers = operators::answer(serving.admin, registry, serving.health);
    ready();
    let listening = service.clone();
    let listening = listen(
        serving.listener,
        listening,
        serving.connections,
        serving.close,
    );
    let drained = match changes {
        None => listening.await,
        Some(changes) => tokio::select! {
            drained = listening => drained,
            never = loader.go_on(changes, &service, &sink) => match never {},
        },
    };
    // They ended their calls while requests were let end.
    deliveries.join_all().await;
    Ok(drained)
}

/// Reads the code of the components in `only`, of all if that is empty, or says what is
/// wrong with each that cannot run.
pub(crate) fn read(runtime: &Runtime, app: &App, only: &[String]) -> Result<Code> {
    let is_wanted = |id: &str| only.is_empty() || only.iter().any(|only| only == id);
    runtime.read(app, is_wanted).map_err(|errors| all(&errors))
}

/// Makes functions of code, or says what is wrong with each that cannot be one.
pub(crate) fn functions(
    runtime: &Runtime,
    app: &App,
    values: &BTreeMap<String, String>,
    code: Code,
) -> Result<Functions> {
    let functions = runtime.functions(app, values, code);
    functions.map_err(|errors| all(&errors))
}

/// Makes functions of applications, and routes to them.
struct Loader {
    runtime: Runtime,
    values: BTreeMap<String, String>,
    only: Vec<String>,
    metrics: spindrift_http::metrics::Metrics,
    service: ServiceOptions,
}

impl Loader {
    fn load(&self, app: &App) -> Result<(Arc<Functions>, Service)> {
        self.serve(app, read(&self.runtime, app, &self.only)?)
    }

    fn serve(&self, app: &App, code: Code) -> Result<(Arc<Functions>, Service)> {
        let functions = functions(&self.runtime, app, &self.values, code)?;
        let service = Service::new(app, &functions, &self.metrics, self.service.clone());
        Ok((Arc::new(functions), service))
    }

    /// Has each application that comes take the place of the one before. One that cannot
    /// be loaded changes nothing.
    async fn go_on(
        &self,
        mut changes: mpsc::Receiver<App>,
        service: &Service,
        sink: &InProcess,
    ) -> Infallible {
        while let Some(app) = changes.recv().await {
            match self.load(&app) {
                Ok((functions, next)) => {
                    sink.replace(functions);
                    service.replace(&next);
                    tracing::info!("serving what was changed");
                }
                Err(error) => tracing::error!(%error, "what was changed cannot be served"),
            }
        }
        std::future::pending().await
    }
}

/// Answers on a listener until it is to close; then requests under way are let end.
pub(crate) async fn listen(
    listener: TcpListener,
    service: Service,
    options: ServeOptions,
    close: CancellationToken,
) -> Drained {
    let renewal = options.tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let _renewal = renewal.map(AbortOnDropHandle::new);
    spindrift_http::serve(listener, service, options, close).await
}

/// Compiles the application's components ahead, into the state folder, and returns the
/// files of the code. `begun` is told the id of each that was not compiled yet.
pub(crate) fn compile(
    app: &App,
    state: &Path,
    target: Target,
    begun: impl Fn(&str),
) -> Result<Vec<PathBuf>> {
    Ok(spindrift_runtime::compile(app, state, target, begun)?)
}
