//! What a function answers.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::Full;
use serde::Serialize;

use crate::Problem;

/// What `#[http_service]` returns to the host.
pub type HttpResponse = http::Response<Full<Bytes>>;

/// A response with a whole body.
#[derive(Clone, Debug)]
pub struct Response {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Response {
    /// A response without a body.
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// A JSON body. Nothing that a person owns is kept by a cache.
    ///
    /// # Errors
    ///
    /// `internal-error` when the value is not one that JSON has.
    pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value)
            .map_err(|error| Problem::internal(format!("a response can't be written: {error}")))?;
        Ok(Self::new(status)
            .with_body("application/json", body)
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
    }

    /// 204.
    pub fn no_content() -> Self {
        Self::new(StatusCode::NO_CONTENT)
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// Replaces the body and its `Content-Type`.
    #[must_use]
    pub fn with_body(mut self, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header(header::CONTENT_TYPE, HeaderValue::from_static(content_type))
    }

    /// Sets a header, in the place of an earlier one of this name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Adds a header beside earlier ones of this name (`Set-Cookie`).
    #[must_use]
    pub fn add_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Sets a header whose value is made at run time.
    ///
    /// # Errors
    ///
    /// `internal-error` when the text has a character that no header may have.
    pub fn with_text_header(self, name: HeaderName, value: String) -> Result<Self, Problem> {
        let value = HeaderValue::try_from(value)
            .map_err(|_| Problem::internal(format!("not a header value, for {name}")))?;
        Ok(self.with_header(name, value))
    }

    /// Sets `ETag` to a row's version.
    #[must_use]
    pub fn with_version(self, version: i64) -> Self {
        // Digits between quotation marks are a header value.
        match HeaderValue::try_from(format!("\"{version}\"")) {
            Ok(tag) => self.with_header(header::ETAG, tag),
            Err(_) => self,
        }
    }

    pub(crate) fn into_http(mut self) -> HttpResponse {
        // Known lengths spare the host the chunked encoding. RFC 9110, section
        // 8.6 forbids it on 204.
        if self.status != StatusCode::NO_CONTENT {
            self.headers
                .insert(header::CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        }
        let mut response = HttpResponse::new(Full::new(self.body));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}
