//! Answers, as `kit` gives them.

use anyhow::Error;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use serde::Serialize;

/// A response, or why there is none.
pub(crate) type Answer = Result<Response, Failure>;

/// A request that is not answered as asked. The comparison sends none that
/// should end here: this only has to be seen.
pub(crate) struct Failure(StatusCode, String);

impl Failure {
    /// `status`, with a text for whoever looks into it.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(status, detail.into())
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("{:#}", error.into()),
        )
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, self.1).into_response()
    }
}

/// A JSON body, with the headers that the functions send, and more.
pub(crate) fn json<const N: usize>(
    status: StatusCode,
    value: &impl Serialize,
    more: [(HeaderName, HeaderValue); N],
) -> Answer {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((status, headers, more, serde_json::to_vec(value)?).into_response())
}
