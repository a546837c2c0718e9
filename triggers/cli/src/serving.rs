//! Functions behind a listener, until told to stop: what `up` and `serve` share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use prometheus_client::registry::Registry;
use spindrift_http::{Drained, Health, ServeOptions, Service, ServiceOptions, Tls};
use spindrift_manifest::App;
use spindrift_runtime::{Options, Runtime, Target};
use tokio::net::TcpListener;
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
    /// How functions run. Its state folder holds what [`compile`] made.
    pub(crate) options: Options,
    /// Where requests come in.
    pub(crate) listener: TcpListener,
    /// What callers are greeted with; without it they speak in the clear.
    pub(crate) tls: Option<Tls>,
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

/// Loads the functions and serves them until the stop; then requests under way
/// are let end. `ready` is called when requests are answered.
pub(crate) async fn run(serving: Serving, ready: impl FnOnce()) -> Result<Drained> {
    let mut registry = Registry::default();
    let runtime_metrics = spindrift_runtime::metrics::Metrics::register(&mut registry);
    let http_metrics = spindrift_http::metrics::Metrics::register(&mut registry);
    let runtime = Runtime::new(serving.options, runtime_metrics)?;
    let wanted = |id: &str| serving.only.is_empty() || serving.only.iter().any(|only| only == id);
    let functions = match runtime.load(&serving.app, &serving.values, wanted) {
        Ok(functions) => functions,
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            bail!("{}", errors.join("\n"));
        }
    };
    let functions = Arc::new(functions);
    let reached = Reached {
        sink: InProcess(functions.clone()),
        components: functions.keys().cloned().collect(),
    };
    let deliveries = events::start(
        &serving.app,
        reached,
        serving.sources,
        &mut registry,
        &serving.stop,
    )?;
    let service = Service::new(&serving.app, &functions, &http_metrics, serving.service);
    let _answers = operators::answer(serving.admin, registry, serving.health);
    ready();
    let drained = listen(serving.listener, service, serving.tls, serving.close).await;
    // They ended their calls while requests were let end.
    deliveries.join_all().await;
    Ok(drained)
}

/// Answers on a listener until it is to close; then requests under way are let end.
pub(crate) async fn listen(
    listener: TcpListener,
    service: Service,
    tls: Option<Tls>,
    close: CancellationToken,
) -> Drained {
    let renewal = tls.clone().map(|tls| tokio::spawn(tls.watch()));
    let _renewal = renewal.map(AbortOnDropHandle::new);
    let options = ServeOptions {
        tls,
        ..ServeOptions::default()
    };
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
