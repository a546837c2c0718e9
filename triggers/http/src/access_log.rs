//! One line and one measurement for each request, when its response has ended.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};
use spindrift_traces::Span;

use crate::metrics::RouteMetrics;

/// A request under way. Dropping it writes the line.
pub(crate) struct Entry {
    request: Request,
    status: StatusCode,
    sent: u64,
    broken: Option<String>,
}

/// What is known of a request from the start.
pub(crate) struct Request {
    pub(crate) id: Arc<str>,
    pub(crate) method: Method,
    pub(crate) path: Box<str>,
    /// The trace that it belongs to.
    pub(crate) trace: Box<str>,
    /// What is told of it there.
    pub(crate) span: Span,
    /// The route that matched, and who answers it.
    pub(crate) route: Arc<RouteMetrics>,
    pub(crate) began: Instant,
}

impl Request {
    /// The response's head is there.
    pub(crate) fn answered(self, status: StatusCode) -> Entry {
        Entry {
            request: self,
            status,
            sent: 0,
            broken: None,
        }
    }
}

impl Entry {
    pub(crate) fn sent(&mut self, bytes: u64) {
        self.sent += bytes;
    }

    pub(crate) fn broke_off(&mut self, error: &impl Display) {
        self.broken = Some(error.to_string());
    }

    /// By the semantic conventions of HTTP.
    fn describe(&mut self) {
        let Request {
            method,
            path,
            span,
            route,
            ..
        } = &mut self.request;
        if !span.is_recorded() {
            return;
        }
        span.set("http.request.method", method.to_string());
        span.set("http.route", route.route.to_string());
        span.set("url.path", path.to_string());
        span.set("http.response.status_code", i64::from(self.status.as_u16()));
        span.set("spindrift.function", route.function.to_string());
        if self.broken.is_some() {
            span.fail("broken_off");
        } else if self.status.is_server_error() {
            span.fail(self.status.as_str().to_owned());
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.describe();
        let Request {
            id,
            method,
            path,
            trace,
            span,
            route,
            began,
        } = &self.request;
        let duration = began.elapsed();
        let example = span.is_recorded().then_some(&**trace);
        route.observe(method, self.status, duration, example);
        // Paths carry ids, queries may carry more: the query is not logged.
        tracing::info!(
            target: "http",
            method = method.as_str(),
            path,
            route = &*route.route,
            function = &*route.function,
            status = self.status.as_u16(),
            duration_ms = (duration.as_secs_f64() * 1e6).round() / 1e3,
            bytes = self.sent,
            request_id = &**id,
            trace_id = &**trace,
            error = self.broken,
            "request"
        );
    }
}
