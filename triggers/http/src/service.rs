//! From one request to one response.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, Instant};

use http::header::{CONTENT_LENGTH, EXPECT, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use spindrift_failpoints::{HTTP_ANSWERED, reach};
use spindrift_manifest::{App, Router, is_reserved};
use spindrift_runtime::{Call, Function, Functions, Neighbour, Neighbours};
use spindrift_traces::{Kind, incoming};
use tokio_util::task::TaskTracker;

use crate::access_log::Request as Logged;
use crate::body::{Asked, Limited, Outgoing, linger};
use crate::endpoint::{self, Endpoint, Target};
use crate::forward::{Forwarded, Forwarder, Upstream};
use crate::health::Health;
use crate::metrics::{Metrics, RouteMetrics};
use crate::network::Network;
use crate::problem::Problem;
use crate::spin_headers::{Origin, RouteHeaders};
use crate::{request_id, spin_headers};

/// How requests are answered.
#[derive(Clone, Debug, Default)]
pub struct ServiceOptions {
    /// Believe `x-forwarded-proto`, `x-forwarded-host` and `x-forwarded-for`: there is a
    /// proxy in front that sets them.
    pub behind_proxy: bool,
    /// Further proxies between that one and the caller. Entries of `x-forwarded-for` that
    /// are theirs are passed over, from the last one on.
    pub trusted_proxies: Vec<Network>,
    /// Callers speak TLS.
    pub secure: bool,
    /// Give what is posted to a component's [`event_sink`](crate::event_sink) to it, if
    /// events or ticks call it. Only where strangers do not reach the listener.
    pub event_sinks: bool,
    /// Answer `/_spindrift/livez` and `/_spindrift/readyz`, for probes that come in where
    /// requests do.
    pub probes: Option<Health>,
}

/// Where the functions are that a service stands before.
#[derive(Clone, Debug)]
pub struct Edge {
    /// By the component's id: `http://host[:port]`.
    pub upstreams: BTreeMap<String, Uri>,
    /// How long one may take from the last byte of a request to the head of its answer, a
    /// start from nothing included. What streams after that has all the time.
    pub patience: Duration,
}

/// Answers requests by an application's routes. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Shared>);

pub(crate) struct Shared {
    /// Who answers from now on.
    current: RwLock<Arc<Inner>>,
    metrics: Metrics,
    tunnels: TaskTracker,
}

pub(crate) struct Inner {
    routes: Arc<Router<Endpoint>>,
    /// Under `/_events`, where no public route leads.
    sinks: Router<Endpoint>,
    /// By the component's id: as functions reach each other, whatever the path.
    chained: BTreeMap<String, Arc<Router<Endpoint>>>,
    unrouted: Arc<RouteMetrics>,
    options: ServiceOptions,
}

impl Service {
    /// A service for the public routes of `app` whose functions are loaded.
    pub fn new(
        app: &App,
        functions: &Functions,
        metrics: &Metrics,
        options: ServiceOptions,
    ) -> Self {
        let routes = endpoint::public(app, metrics, |id, route| {
            let function = functions.get(id)?.clone();
            Some(Target::Function(function, RouteHeaders::new(route)))
        });
        let sinks = match options.event_sinks {
            true => endpoint::sinks(app, functions, metrics),
            false => Router::new([]),
        };
        let inner = Inner {
            routes: Arc::new(routes),
            sinks,
            chained: endpoint::chained(functions, metrics),
            unrouted: metrics.route("none", "none"),
            options,
        };
        Self::of(inner, metrics, TaskTracker::new())
    }

    /// A service for the public routes of `app` whose functions others serve.
    pub fn edge(app: &App, edge: &Edge, metrics: &Metrics, options: ServiceOptions) -> Self {
        let tunnels = TaskTracker::new();
        let forwarder = Forwarder::new(edge.patience, &options, tunnels.clone());
        let forwarder = Arc::new(forwarder);
        let routes = endpoint::public(app, metrics, |id, _| {
            let upstream = Upstream::at(edge.upstreams.get(id)?)?;
            Some(Target::Upstream(forwarder.clone(), upstream))
        });
        let inner = Inner {
            routes: Arc::new(routes),
            sinks: Router::new([]),
            chained: BTreeMap::new(),
            unrouted: metrics.route("none", "none"),
            options,
        };
        Self::of(inner, metrics, tunnels)
    }

    fn of(inner: Inner, metrics: &Metrics, tunnels: TaskTracker) -> Self {
        Self(Arc::new(Shared {
            current: RwLock::new(Arc::new(inner)),
            metrics: metrics.clone(),
            tunnels,
        }))
    }

    /// Has `other` answer what comes from now on. Whoever is at work on a request
    /// answers it.
    pub fn replace(&self, other: &Self) {
        let other = other.0.current();
        *self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = other;
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Connections that outlast their requests.
    pub(crate) fn tunnels(&self) -> &TaskTracker {
        &self.0.tunnels
    }

    /// Whom the functions of this service ask for each other.
    pub fn neighbours(&self) -> Weak<dyn Neighbours> {
        let shared: Arc<dyn Neighbours> = self.0.clone();
        Arc::downgrade(&shared)
    }

    /// Answers one request, by the functions that serve when it is asked.
    pub(crate) fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> impl Future<Output = Response<Outgoing>> + Send + use<> {
        let inner = self.0.current();
        async move {
            let path = request.uri().path();
            let health = inner.options.probes.as_ref();
            if let Some(said) = health.and_then(|health| health.probe(path)) {
                return said.map(Outgoing::unlogged);
            }
            let routes = match is_reserved(path) {
                true => &inner.sinks,
                false => &*inner.routes,
            };
            let asking = Asking {
                client,
                options: &inner.options,
            };
            let request = request.map(Asked::Outside);
            inner.answer(routes, request, asking).await
        }
    }
}

/// Where a request came from.
pub(crate) struct Asking<'a> {
    pub(crate) client: SocketAddr,
    /// Whom to believe about that.
    pub(crate) options: &'a ServiceOptions,
}

impl Shared {
    pub(crate) fn current(&self) -> Arc<Inner> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }
}

impl Inner {
    /// Who answers what a function asks of a neighbour, by the path. `None` when there is
    /// no such component here.
    pub(crate) fn asked(&self, neighbour: &Neighbour) -> Option<Arc<Router<Endpoint>>> {
        match neighbour {
            Neighbour::Component(id) => self.chained.get(id).cloned(),
            Neighbour::Route => Some(self.routes.clone()),
        }
    }

    /// Has whoever has the route answer.
    pub(crate) async fn answer(
        &self,
        routes: &Router<Endpoint>,
        mut request: Request<Asked>,
        asking: Asking<'_>,
    ) -> Response<Outgoing> {
        let began = Instant::now();
        let id = request_id::of(request.headers());
        // Kept for the log, since the request goes to the function.
        let path: Box<str> = request.uri().path().into();
        let found = routes.route(&path);
        let metrics = found
            .as_ref()
            .map_or(&self.unrouted, |(_, endpoint)| &endpoint.metrics)
            .clone();
        let _in_flight = metrics.begin();
        let method = request.method().clone();
        let name = || match found {
            Some(_) => format!("{method} {}", metrics.route),
            None => method.to_string(),
        };
        let target = found.as_ref().map(|(_, endpoint)| &endpoint.target);
        let read = target.is_some_and(Target::reads_trace);
        let (trace, span) = incoming(request.headers_mut(), Kind::Server, name, read);
        let logged = Logged {
            id: id.clone(),
            method,
            path: path.clone(),
            trace,
            span,
            route: metrics,
            began,
        };
        let mut response = match found {
            None => Outgoing::answer(Problem::not_found(&path).response(&id), logged),
            Some((matched, endpoint)) => match &endpoint.target {
                Target::Static(response) => Outgoing::answer(response.clone(), logged),
                Target::Function(function, headers) => {
                    let origin = Origin {
                        route: headers,
                        matched: &matched,
                        path: &path,
                        client: asking.client,
                        options: asking.options,
                    };
                    let prepare = |parts: &mut Parts| {
                        spin_headers::remove_forged(parts);
                        if function.reads().spin {
                            spin_headers::set(parts, &origin);
                        }
                    };
                    call(function, prepare, request, logged).await
                }
                Target::Sink(function) => {
                    // As it is given events wherever it runs.
                    let prepare = |parts: &mut Parts| parts.uri = Uri::from_static("/");
                    call(function, prepare, request, logged).await
                }
                Target::Upstream(forwarder, upstream) => {
                    let forwarded = Forwarded {
                        upstream,
                        request,
                        peer: asking.client,
                        logged,
                    };
                    forwarder.answer(forwarded).await
                }
            },
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(request_id::HEADER, id);
        }
        response
    }
}

/// Has a function answer.
async fn call(
    function: &Function,
    prepare: impl FnOnce(&mut Parts),
    request: Request<Asked>,
    logged: Logged,
) -> Response<Outgoing> {
    let limit = function.limits().request_body;
    let id = logged.id.clone();
    if declared_length(request.headers()).is_some_and(|length| length > limit) {
        linger(request.into_body());
        return Outgoing::answer(Problem::body_too_large(limit).response(&id), logged);
    }
    let passed = Arc::new(AtomicBool::new(false));
    let (mut parts, body) = request.into_parts();
    // Handled by the server already; a function can do nothing with it.
    parts.headers.remove(EXPECT);
    if function.reads().request_id || parts.headers.contains_key(request_id::HEADER) {
        // An id that is no header value was refused by the parser.
        if let Ok(id) = HeaderValue::from_str(&id) {
            parts.headers.insert(request_id::HEADER, id);
        }
    }
    prepare(&mut parts);
    let body = Limited::new(body, limit, passed.clone()).boxed_unsync();
    let call = Call {
        request_id: id.clone(),
    };
    match function.call(call, Request::from_parts(parts, body)).await {
        // What the function made of a body that broke off says nothing.
        _ if passed.load(Ordering::Relaxed) => {
            Outgoing::answer(Problem::body_too_large(limit).response(&id), logged)
        }
        Ok(response) => {
            reach(HTTP_ANSWERED);
            let log = logged.answered(response.status());
            response.map(|body| Outgoing::from_function(body, log))
        }
        Err(error) => Outgoing::answer(Problem::from(&error).response(&id), logged),
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
