//! The runtime's own failures, as RFC 9457 problem documents.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde_json::json;
use spindrift_runtime::CallError;

/// When a service may be back that is away.
const SOON: Duration = Duration::from_secs(1);

/// A failure that the runtime answers by itself.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    /// The last segment of the `type` URI, stable.
    slug: &'static str,
    title: &'static str,
    detail: String,
    retry_after: Option<Duration>,
}

impl Problem {
    fn new(
        status: StatusCode,
        slug: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            slug,
            title,
            detail: detail.into(),
            retry_after: None,
        }
    }

    pub(crate) fn not_found(path: &str) -> Self {
        let detail = format!("Nothing is served at {path}.");
        Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail)
    }

    pub(crate) fn body_too_large(limit: u64) -> Self {
        let detail = format!("The request's body may have {limit} bytes at most.");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "Body too large",
            detail,
        )
    }

    /// A service that cannot be reached: what was asked for was not begun.
    pub(crate) fn unavailable() -> Self {
        Self {
            retry_after: Some(SOON),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Not available right now",
                "What answers this address cannot be reached. Try again later.",
            )
        }
    }

    /// A service that broke off.
    pub(crate) fn bad_gateway() -> Self {
        Self {
            retry_after: Some(SOON),
            ..Self::new(
                StatusCode::BAD_GATEWAY,
                "bad-gateway",
                "Bad gateway",
                "What answers this address broke off. What was asked for may have been done.",
            )
        }
    }

    pub(crate) fn timeout() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "function-timeout",
            "Function timed out",
            "The function did not answer in time.",
        )
    }

    /// The document, with the request's id as `instance`.
    pub(crate) fn response(&self, request_id: &str) -> Response<Bytes> {
        let document = json!({
            "type": format!("/api/problems/{}", self.slug),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
            "instance": request_id,
        });
        let mut response = Response::new(Bytes::from(document.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        response
    }
}

impl From<&CallError> for Problem {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Busy { retry_after } => Self {
                retry_after: Some(*retry_after),
                ..Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "overloaded",
                    "Overloaded",
                    "Too many requests are under way. Try again later.",
                )
            },
            CallError::Timeout => Self::timeout(),
            CallError::OutOfMemory => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "function-out-of-memory",
                "Function out of memory",
                "The function needed more memory than it may use.",
            ),
            CallError::Failed => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "function-failed",
                "Function failed",
                "The function failed. The log has the reason under this request's id.",
            ),
        }
    }
}
