//! Who answers a route.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use spindrift_manifest::{App, HttpTarget, Route, Router, StaticResponse};
use spindrift_runtime::{Function, Functions};

use crate::forward::{Forwarder, Upstream};
use crate::metrics::{Metrics, RouteMetrics};
use crate::spin_headers::RouteHeaders;

/// The route that is counted where a function asked for another by its name.
const CHAINED: &str = "spin.internal";

/// Who answers a route, and what is counted of it.
pub(crate) struct Endpoint {
    pub(crate) target: Target,
    pub(crate) metrics: Arc<RouteMetrics>,
}

pub(crate) enum Target {
    Function(Function, RouteHeaders),
    /// A function that is given events.
    Sink(Function),
    /// A function that another service has.
    Upstream(Arc<Forwarder>, Upstream),
    Static(Response<Bytes>),
}

impl Target {
    /// Whether it looks at the trace that a request is said to belong to.
    pub(crate) fn reads_trace(&self) -> bool {
        match self {
            Self::Function(function, _) | Self::Sink(function) => function.reads().trace,
            Self::Upstream(..) => true,
            Self::Static(_) => false,
        }
    }
}

/// The application's public routes. A component's are answered by what `target` says
/// of it, and not at all where that is nothing.
pub(crate) fn public(
    app: &App,
    metrics: &Metrics,
    target: impl Fn(&str, &Route) -> Option<Target>,
) -> Router<Endpoint> {
    let routes = app.http.iter().filter_map(|trigger| {
        let route = trigger.route.clone()?;
        let (name, target) = match &trigger.target {
            HttpTarget::Component(id) => (id.as_str(), target(id, &route)?),
            HttpTarget::Static(response) => ("none", Target::Static(fixed(response))),
        };
        let metrics = metrics.route(route.as_str(), name);
        Some((route, Endpoint { target, metrics }))
    });
    Router::new(routes)
}

/// Where functions reach each other by the component's id, with any path.
pub(crate) fn chained(
    functions: &Functions,
    metrics: &Metrics,
) -> BTreeMap<String, Arc<Router<Endpoint>>> {
    let links = functions.iter().filter_map(|(id, function)| {
        let route = Route::parse("/...").ok()?;
        let target = Target::Function(function.clone(), RouteHeaders::new(&route));
        let metrics = metrics.route(CHAINED, id);
        let router = Router::new([(route, Endpoint { target, metrics })]);
        Some((id.clone(), Arc::new(router)))
    });
    links.collect()
}

/// Where functions that events, ticks or messages call are given them.
pub(crate) fn sinks(app: &App, functions: &Functions, metrics: &Metrics) -> Router<Endpoint> {
    let called = app.kafka.iter().map(|trigger| &trigger.component);
    let called = called.chain(app.cron.iter().map(|trigger| &trigger.component));
    let called = called.chain(app.redis.iter().map(|trigger| &trigger.component));
    let called: BTreeSet<&String> = called.collect();
    let sinks = called.into_iter().filter_map(|id| {
        let route = Route::parse(&event_sink(id)).ok()?;
        let target = Target::Sink(functions.get(id)?.clone());
        let metrics = metrics.route(route.as_str(), id);
        Some((route, Endpoint { target, metrics }))
    });
    Router::new(sinks)
}

/// The path on which a component is given events: `/_events/<component>`.
pub fn event_sink(component: &str) -> String {
    format!("/_events/{component}")
}

fn fixed(response: &StaticResponse) -> Response<Bytes> {
    let entries = response.headers.iter();
    let headers: HeaderMap = entries
        .filter_map(|(name, value)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value).ok()?,
            ))
        })
        .collect();
    let mut answer = Response::new(Bytes::from(response.body.clone()));
    *answer.status_mut() = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    *answer.headers_mut() = headers;
    answer
}
