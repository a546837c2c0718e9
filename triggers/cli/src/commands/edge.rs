//! `spindrift edge`

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use http::Uri;
use prometheus_client::registry::Registry;
use spindrift_http::{Edge, Health, Service, ServiceOptions};
use spindrift_manifest::App;

use super::{check_ids, export_traces, load, raise_file_limit, say_operators, stopped};
use crate::args::EdgeArgs;
use crate::report::say;
use crate::{listen, logging, operators, serving, shutdown};

/// Forwards requests until told to stop; those under way then are let end.
pub(super) async fn run(args: EdgeArgs, started: Instant) -> Result<ExitCode> {
    logging::start(&args.output)?;
    let stop = shutdown::on_signals()?;
    raise_file_limit();
    let app = load(&args.app, false)?;
    export_traces(&format!("{}-edge", app.name))?;
    check_ids(&app, &args.placement.placement.components())?;
    let edge = Edge {
        upstreams: upstreams(&args, &app)?,
        patience: args.response_timeout,
    };
    let connections = args.connections.options()?;
    let secure = args.connections.is_secure();
    let (address, option) = args.container.address();
    let listener = listen::bind(&address, option).await?;
    let admin = listen::bind_admin(args.container.admin.admin_listen).await?;
    say_operators(admin.as_ref())?;

    let mut registry = Registry::default();
    let metrics = spindrift_http::metrics::Metrics::register(&mut registry);
    let health = Health::until(stop.clone());
    let options = ServiceOptions {
        secure,
        behind_proxy: args.proxy.behind_proxy,
        probes: args.container.probes.then(|| health.clone()),
        ..ServiceOptions::default()
    };
    let service = Service::edge(&app, &edge, &metrics, options);
    let _answers = operators::answer(admin, registry, health);
    let (url, seconds) = (
        listen::url(&listener, secure)?,
        started.elapsed().as_secs_f64(),
    );
    let (name, to) = (&app.name, &args.to);
    say(&format!(
        "Forwarding requests of {name} on {url} to {to} (ready in {seconds:.2} s)"
    ));
    let close = shutdown::after(&stop, args.container.shutdown_delay);
    let drained = serving::listen(listener, service, connections, close).await;
    Ok(stopped(drained))
}

/// Whether it names a host, and a port that is a number if any.
fn is_reachable(uri: &Uri) -> bool {
    uri.authority().is_some_and(|authority| {
        authority.port().is_some() || authority.as_str() == authority.host()
    })
}

/// Where each component is served.
fn upstreams(args: &EdgeArgs, app: &App) -> Result<BTreeMap<String, Uri>> {
    let upstream = |id: &String| {
        let text = args.to.of(id, &args.placement.placement);
        let uri = text.parse().ok().filter(is_reachable);
        let uri = uri.with_context(|| {
            format!(
                "`--to` makes {text} of the component \"{id}\", which is no address: place it by \
                 `--placement {id}=SERVICE`, or correct `--to`"
            )
        })?;
        ensure!(
            uri.path() == "/" && uri.query().is_none(),
            "`--to {}` has a path, and requests keep their own: leave it out",
            args.to
        );
        Ok((id.clone(), uri))
    };
    app.components.keys().map(upstream).collect()
}
