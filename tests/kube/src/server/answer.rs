//! What the server answers: objects, and refusals as Kubernetes words them.

use bytes::Bytes;
use futures::stream::BoxStream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

use crate::kinds::Kind;

/// The body of an answer. Its error breaks the connection off.
pub(super) type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// What becomes of a request.
pub(super) type Answer = Result<Response<Body>, Refusal>;

/// A request that is not granted: a `Status` of Kubernetes.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// Seconds, for `Retry-After`.
    pub(crate) retry_after: Option<u32>,
    /// What is in the way, such as a conflict in each of several fields.
    pub(crate) causes: Vec<Value>,
}

impl Refusal {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            retry_after: None,
            causes: Vec::new(),
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let resource = kind.resource();
        Self::new(404, "NotFound", format!("{resource} \"{name}\" not found"))
    }

    /// There is no such path: what a resource whose definition is not installed gets.
    pub(crate) fn no_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(404, "NotFound", message)
    }

    pub(super) fn answer(&self) -> Response<Body> {
        let status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
            "details": { "causes": self.causes, "retryAfterSeconds": self.retry_after.unwrap_or(0) },
        });
        let mut response = json(self.code, &status);
        if let Some(seconds) = self.retry_after {
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

pub(super) fn json(code: u16, value: &Value) -> Response<Body> {
    typed(code, "application/json", value.to_string())
}

pub(super) fn typed(code: u16, kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() =
        StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer that goes on until the stream ends.
pub(super) fn streamed(
    lines: BoxStream<'static, Result<Frame<Bytes>, std::io::Error>>,
) -> Response<Body> {
    let mut response = typed(200, "application/json", "");
    *response.body_mut() = StreamBody::new(lines).boxed_unsync();
    response
}
