//! From one request to one response.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT, HeaderName, HeaderValue};
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use spindrift_failpoints::{HTTP_ANSWERED, reach};
use spindrift_manifest::{App, HttpTarget, Route, Router, StaticResponse};
use spindrift_runtime::{Call, Function, Functions};

use crate::access_log::Request as Logged;
use crate::body::{Limited, Outgoing, linger};
use crate::metrics::{Metrics, RouteMetrics};
use crate::problem::Problem;
use crate::spin_headers::{Origin, RouteHeaders};
use crate::{request_id, spin_headers};

/// How requests are answered.
#[derive(Clone, Debug, Default)]
pub struct ServiceOptions {
    /// Believe `x-forwarded-proto` and `x-forwarded-for`: there is a proxy in
    /// front that sets them.
    pub behind_proxy: bool,
    /// Give what is posted to a component's [`event_sink`] to it, if events or ticks
    /// call it. Only where strangers do not reach the listener.
    pub event_sinks: bool,
}

/// Answers requests by an application's routes. Clones share everything.
#[derive(Clone)]
pub struct Service(Arc<Inner>);

struct Inner {
    routes: Router<Endpoint>,
    unrouted: Arc<RouteMetrics>,
    metrics: Metrics,
    options: ServiceOptions,
}

/// Who answers a route.
struct Endpoint {
    target: Target,
    metrics: Arc<RouteMetrics>,
}

enum Target {
    Function(Function, RouteHeaders),
    /// A function that is given events.
    Sink(Function),
    Static {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
}

impl Service {
    /// A service for the public routes of `app` whose functions are loaded.
    pub fn new(
        app: &App,
        functions: &Functions,
        metrics: &Metrics,
        options: ServiceOptions,
    ) -> Self {
        let routes = app.http.iter().filter_map(|trigger| {
            let route = trigger.route.clone()?;
            let (name, target) = match &trigger.target {
                HttpTarget::Component(id) => {
                    let headers = RouteHeaders::new(&route);
                    let function = functions.get(id)?.clone();
                    (id.as_str(), Target::Function(function, headers))
                }
                HttpTarget::Static(response) => ("none", static_target(response)),
            };
            let metrics = metrics.route(route.as_str(), name);
            Some((route, Endpoint { target, metrics }))
        });
        let called = app.kafka.iter().map(|trigger| &trigger.component);
        let called = called.chain(app.cron.iter().map(|trigger| &trigger.component));
        let called: BTreeSet<&String> = called.filter(|_| options.event_sinks).collect();
        let sinks = called.into_iter().filter_map(|id| {
            let route = Route::parse(&event_sink(id)).ok()?;
            let target = Target::Sink(functions.get(id)?.clone());
            let metrics = metrics.route(route.as_str(), id);
            Some((route, Endpoint { target, metrics }))
        });
        Self(Arc::new(Inner {
            routes: Router::new(routes.chain(sinks)),
            unrouted: metrics.route("none", "none"),
            metrics: metrics.clone(),
            options,
        }))
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Answers one request.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        client: SocketAddr,
    ) -> Response<Outgoing> {
        let began = Instant::now();
        let id = request_id::of(request.headers());
        // Kept for the log, since the request goes to the function.
        let path: Box<str> = request.uri().path().into();
        let found = self.0.routes.route(&path);
        let metrics = found
            .as_ref()
            .map_or(&self.0.unrouted, |(_, endpoint)| &endpoint.metrics)
            .clone();
        let _in_flight = metrics.begin();
        let logged = Logged {
            id: id.clone(),
            method: request.method().clone(),
            path: path.clone(),
            route: metrics,
            began,
        };
        let mut response = match found {
            None => answer_here(Problem::not_found(&path).response(&id), logged),
            Some((matched, endpoint)) => match &endpoint.target {
                Target::Static {
                    status,
                    headers,
                    body,
                } => {
                    let mut response = Response::new(body.clone());
                    *response.status_mut() = *status;
                    *response.headers_mut() = headers.clone();
                    answer_here(response, logged)
                }
                Target::Function(function, headers) => {
                    let origin = Origin {
                        route: headers,
                        matched: &matched,
                        path: &path,
                        client,
                        behind_proxy: self.0.options.behind_proxy,
                    };
                    let prepare = |parts: &mut Parts| spin_headers::set(parts, &origin);
                    self.call(function, prepare, request, logged).await
                }
                Target::Sink(function) => {
                    // As it is given events wherever it runs.
                    let prepare = |parts: &mut Parts| parts.uri = Uri::from_static("/");
                    self.call(function, prepare, request, logged).await
                }
            },
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(request_id::HEADER, id);
        }
        response
    }

    async fn call(
        &self,
        function: &Function,
        prepare: impl FnOnce(&mut Parts),
        request: Request<Incoming>,
        logged: Logged,
    ) -> Response<Outgoing> {
        let limit = function.limits().request_body;
        let id = logged.id.clone();
        if declared_length(request.headers()).is_some_and(|length| length > limit) {
            linger(request.into_body());
            return answer_here(Problem::body_too_large(limit).response(&id), logged);
        }
        let passed = Arc::new(AtomicBool::new(false));
        let (mut parts, body) = request.into_parts();
        // Handled by the server already; a function can do nothing with it.
        parts.headers.remove(EXPECT);
        if let Ok(id) = HeaderValue::from_str(&id) {
            parts.headers.insert(request_id::HEADER, id);
        }
        prepare(&mut parts);
        let body = Limited::new(body, limit, passed.clone()).boxed_unsync();
        let call = Call {
            request_id: id.clone(),
        };
        match function.call(call, Request::from_parts(parts, body)).await {
            // What the function made of a body that broke off says nothing.
            _ if passed.load(Ordering::Relaxed) => {
                answer_here(Problem::body_too_large(limit).response(&id), logged)
            }
            Ok(response) => {
                reach(HTTP_ANSWERED);
                let log = logged.answered(response.status());
                response.map(|body| Outgoing::from_function(body, log))
            }
            Err(error) => answer_here(Problem::from(&error).response(&id), logged),
        }
    }
}

/// The path on which a component is given events: `/_events/<component>`.
pub fn event_sink(component: &str) -> String {
    format!("/_events/{component}")
}

fn answer_here(response: Response<Bytes>, logged: Logged) -> Response<Outgoing> {
    let log = logged.answered(response.status());
    response.map(|body| Outgoing::from_here(body, log))
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn static_target(response: &StaticResponse) -> Target {
    let headers = response
        .headers
        .iter()
        .filter_map(|(name, value)| {
            Some((
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value).ok()?,
            ))
        })
        .collect();
    Target::Static {
        status: StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK),
        headers,
        body: Bytes::from(response.body.clone()),
    }
}
