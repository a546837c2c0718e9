//! What the trigger counts, by route.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::exemplar::HistogramWithExemplars;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// The labels of a count of requests.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabels {
    /// As in the manifest; `none` where no route matched.
    pub route: Arc<str>,
    /// The component's id; `none` for answers of the runtime's own.
    pub function: Arc<str>,
    /// GET, POST, ..., or `other`.
    pub method: &'static str,
    /// 200, 404, ...
    pub status: u16,
}

/// The labels of a duration.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    /// As in the manifest; `none` where no route matched.
    pub route: Arc<str>,
    /// The component's id; `none` for answers of the runtime's own.
    pub function: Arc<str>,
}

/// Upper bounds in seconds, around what people feel and what the objectives name.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// An exemplar's label: a trace that is recorded.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct TraceLabel {
    trace_id: Box<str>,
}

type Histogram = HistogramWithExemplars<TraceLabel>;

fn histogram() -> Histogram {
    Histogram::new(BUCKETS.into_iter())
}

/// The trigger's series. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    requests: Family<RequestLabels, Counter>,
    duration: Family<RouteLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    connections: Gauge,
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::default(),
            duration: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
            connections: Gauge::default(),
        };
        registry.register(
            "spindrift_http_requests",
            "Requests answered",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "spindrift_http_request_duration",
            "From a request's head to the end of its response",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        registry.register(
            "spindrift_http_requests_in_flight",
            "Requests under way",
            metrics.in_flight.clone(),
        );
        registry.register(
            "spindrift_http_connections",
            "Open connections",
            metrics.connections.clone(),
        );
        metrics
    }

    pub(crate) fn connection(&self) -> Counted {
        Counted::new(&self.connections)
    }

    pub(crate) fn route(&self, route: &str, function: &str) -> Arc<RouteMetrics> {
        let labels = RouteLabels {
            route: route.into(),
            function: function.into(),
        };
        Arc::new(RouteMetrics {
            duration: self.duration.get_or_create(&labels).clone(),
            route: labels.route,
            function: labels.function,
            in_flight: self.in_flight.clone(),
            requests: self.requests.clone(),
            known: Mutex::default(),
        })
    }
}

/// One route's series. Those that were used are at hand without building labels.
pub(crate) struct RouteMetrics {
    pub(crate) route: Arc<str>,
    pub(crate) function: Arc<str>,
    in_flight: Gauge,
    duration: Histogram,
    requests: Family<RequestLabels, Counter>,
    known: Mutex<HashMap<(&'static str, u16), Counter>>,
}

impl RouteMetrics {
    pub(crate) fn begin(&self) -> Counted {
        Counted::new(&self.in_flight)
    }

    /// A request has ended; it is an example of its bucket if `trace` is recorded.
    pub(crate) fn observe(
        &self,
        method: &Method,
        status: StatusCode,
        duration: Duration,
        trace: Option<&str>,
    ) {
        let example = trace.map(|id| TraceLabel {
            trace_id: id.into(),
        });
        let now = example.as_ref().map(|_| SystemTime::now());
        self.duration.observe(duration.as_secs_f64(), example, now);
        let (method, status) = (method_label(method), status.as_u16());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = known.entry((method, status)).or_insert_with(|| {
            let labels = RequestLabels {
                route: self.route.clone(),
                function: self.function.clone(),
                method,
                status,
            };
            self.requests.get_or_create(&labels).clone()
        });
        counter.inc();
    }
}

/// Callers choose methods: those that are not standard share one label.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// One more in a gauge, until dropped.
pub(crate) struct Counted(Gauge);

impl Counted {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
