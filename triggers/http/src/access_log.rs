//! One line and one measurement for each request, when its response has ended.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Instant;

use http::{Method, StatusCode};

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
}

impl Drop for Entry {
    fn drop(&mut self) {
        let Request {
            id,
            method,
            path,
            trace,
            route,
            began,
        } = &self.request;
        let duration = began.elapsed();
        route.observe(method, self.status, duration);
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
