//! Errors as problem documents (RFC 9457).

use domain::{FieldError, Invalid};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{Response, log};

/// The kinds of problem. Each has a stable `type`, `/api/problems/<slug>`, and
/// a page there that explains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The last segment of `type`.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: StatusCode,
    /// `title`: the same for every problem of the kind.
    pub title: &'static str,
    /// What to do about it, for the page.
    pub remedy: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $slug:literal, $status:ident, $title:literal, $remedy:literal;)*) => {
        impl Kind {
            $(
                #[doc = concat!("`", $slug, "`: ", $title, ".")]
                pub const $name: Kind = Kind {
                    slug: $slug,
                    status: StatusCode::$status,
                    title: $title,
                    remedy: $remedy,
                };
            )*
            /// All of them, in the order of their status.
            pub const ALL: &'static [Kind] = &[$(Kind::$name),*];
        }
    };
}

kinds! {
    MALFORMED_BODY = "malformed-body", BAD_REQUEST, "The body can't be read",
        "Send one JSON document in UTF-8. The detail says where reading stopped.";
    INVALID_PARAMETER = "invalid-parameter", BAD_REQUEST, "A query parameter or header can't be understood",
        "The detail names the parameter or header and what it takes. Unknown query parameters are refused too, so that a misspelt filter never looks like an empty one.";
    NOT_SIGNED_IN = "not-signed-in", UNAUTHORIZED, "Not signed in",
        "Sign in at POST /api/auth/login, or get a new access token at POST /api/auth/refresh. Send it as `Authorization: Bearer <token>` or keep the cookies.";
    WRONG_CREDENTIALS = "wrong-credentials", UNAUTHORIZED, "E-mail address or password is wrong",
        "Check both. For your safety the answer does not tell which of them is wrong, or whether the account exists.";
    ORIGIN_NOT_ALLOWED = "origin-not-allowed", FORBIDDEN, "The request comes from a page that may not send it",
        "Changes that cookies sign need an `Origin` header that is this server's own address or one of the configured `allowed_origins`. Programs that are no browsers: use a Bearer token.";
    NOT_FOUND = "not-found", NOT_FOUND, "Not found",
        "There is nothing at this address for you. What belongs to somebody else looks the same as what does not exist.";
    METHOD_NOT_ALLOWED = "method-not-allowed", METHOD_NOT_ALLOWED, "The method does not fit the address",
        "The `Allow` header lists the methods that this address takes.";
    EMAIL_TAKEN = "email-taken", CONFLICT, "An account with this e-mail address exists",
        "Sign in at POST /api/auth/login, or sign up with another address.";
    IDEMPOTENCY_KEY_IN_FLIGHT = "idempotency-key-in-flight", CONFLICT, "A request with this idempotency key is under way",
        "Wait a moment and send the same request again: you will get the first one's answer.";
    VERSION_CHANGED = "version-changed", PRECONDITION_FAILED, "Somebody changed it first",
        "Read it again, apply your change to what you find, and send the new `ETag` in `If-Match`.";
    BODY_TOO_LARGE = "body-too-large", PAYLOAD_TOO_LARGE, "Body too large",
        "Send less at once.";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON",
        "Send `Content-Type: application/json`; PATCH also takes `application/merge-patch+json`.";
    INVALID_FIELDS = "invalid-fields", UNPROCESSABLE_ENTITY, "Some fields are not valid",
        "`errors` names each field by a JSON pointer (RFC 6901) and says what it takes.";
    IDEMPOTENCY_KEY_REUSED = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request",
        "Make up a new key for every new request, and keep the key only to repeat the same one.";
    TOO_MANY_REQUESTS = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests",
        "Wait as many seconds as `Retry-After` says.";
    INTERNAL_ERROR = "internal-error", INTERNAL_SERVER_ERROR, "Something went wrong on our side",
        "Try again. When it goes on, tell the operator the `instance`: the log has more under it.";
    FUNCTION_FAILED = "function-failed", INTERNAL_SERVER_ERROR, "Function failed",
        "The runtime says this when a function ended before it answered. Try again; the log has the reason under the `instance`.";
    FUNCTION_OUT_OF_MEMORY = "function-out-of-memory", INTERNAL_SERVER_ERROR, "Function out of memory",
        "The runtime says this when a function needed more memory than `limits.memory` in spin.toml lets it have.";
    BAD_GATEWAY = "bad-gateway", BAD_GATEWAY, "Bad gateway",
        "The edge says this when the service behind it broke off its answer. What was asked for may have been done: read it, or repeat it with the same idempotency key.";
    UNAVAILABLE = "unavailable", SERVICE_UNAVAILABLE, "Not available right now",
        "Wait as many seconds as `Retry-After` says and try again.";
    OVERLOADED = "overloaded", SERVICE_UNAVAILABLE, "Overloaded",
        "The runtime says this when more requests wait for a function than its queue holds. Wait as many seconds as `Retry-After` says and try again.";
    FUNCTION_TIMEOUT = "function-timeout", GATEWAY_TIMEOUT, "Function timed out",
        "The runtime says this when a function took longer than `limits.request_timeout` in spin.toml.";
}

/// One problem, on its way to becoming a response. Boxed, because every result in
/// a function has room for one and few have one.
#[derive(Clone, Debug)]
pub struct Problem(Box<Contents>);

#[derive(Clone, Debug)]
struct Contents {
    kind: Kind,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// For the log alone.
    cause: Option<String>,
}

impl Problem {
    /// A problem of this kind; `detail` is for the caller's eyes.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        let (detail, errors, headers, cause) = (detail.into(), Vec::new(), Vec::new(), None);
        Self(Box::new(Contents {
            kind,
            detail,
            errors,
            headers,
            cause,
        }))
    }

    /// Which kind it is.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Adds a header to the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Adds `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// 404.
    pub fn not_found() -> Self {
        Self::new(Kind::NOT_FOUND, "There is nothing here.")
    }

    /// 405, with `Allow`. HEAD comes with GET by itself.
    pub fn method_not_allowed(methods: &[&str]) -> Self {
        let mut allow = methods.join(", ");
        if methods.contains(&"GET") {
            allow.push_str(", HEAD");
        }
        let detail = format!("This address takes {allow}.");
        // Method names are tokens, which are header values.
        let value = HeaderValue::try_from(allow).unwrap_or(HeaderValue::from_static("GET"));
        Self::new(Kind::METHOD_NOT_ALLOWED, detail).with_header(header::ALLOW, value)
    }

    /// 401 for whoever has no valid access token (RFC 6750, section 3).
    pub fn not_signed_in(detail: impl Into<String>) -> Self {
        Self::new(Kind::NOT_SIGNED_IN, detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 422 with what is wrong, field by field.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let fields = if errors.len() == 1 {
            "one field"
        } else {
            "some fields"
        };
        let mut problem = Self::new(Kind::INVALID_FIELDS, format!("See `errors`: {fields}."));
        problem.0.errors = errors;
        problem
    }

    /// 400 for a query parameter or a header.
    pub fn invalid_parameter(detail: impl Into<String>) -> Self {
        Self::new(Kind::INVALID_PARAMETER, detail)
    }

    /// 429, with how long to wait.
    pub fn too_many_requests(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(Kind::TOO_MANY_REQUESTS, detail).retry_after(seconds)
    }

    /// 500. The caller is told nothing of the cause; the log is.
    pub fn internal(cause: impl Into<String>) -> Self {
        let mut problem = Self::new(
            Kind::INTERNAL_ERROR,
            "The log has more under this instance.",
        );
        problem.0.cause = Some(cause.into());
        problem
    }

    /// 503 with `Retry-After`; the log is told the cause.
    pub fn unavailable(detail: impl Into<String>, cause: impl Into<String>) -> Self {
        let mut problem = Self::new(Kind::UNAVAILABLE, detail).retry_after(1);
        problem.0.cause = Some(cause.into());
        problem
    }

    /// The response, and the log's line when there is a cause to write down.
    pub fn into_response(self, request_id: &str) -> Response {
        if let Some(cause) = &self.0.cause {
            log::error(request_id, cause);
        }
        let document = Document {
            r#type: format!("/api/problems/{}", self.0.kind.slug),
            title: self.0.kind.title,
            status: self.0.kind.status.as_u16(),
            detail: &self.0.detail,
            instance: request_id,
            errors: &self.0.errors,
        };
        // Strings and numbers always serialise.
        let body = serde_json::to_vec(&document).unwrap_or_default();
        let mut response = Response::new(self.0.kind.status)
            .with_body("application/problem+json", body)
            .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.0.headers {
            response = response.with_header(name, value);
        }
        response
    }
}

#[derive(Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::invalid(invalid.0)
    }
}

impl From<domain::query::QueryError> for Problem {
    fn from(error: domain::query::QueryError) -> Self {
        Self::invalid_parameter(error.to_string())
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Unavailable(_) => Self::unavailable(
                "The database is not available right now.",
                error.to_string(),
            ),
            _ => Self::internal(error.to_string()),
        }
    }
}
