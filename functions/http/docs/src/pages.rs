//! How pages and files are sent.

use http::{HeaderValue, StatusCode, header};
use kit::{Request, Response};

/// Nothing but the pages' own style sheet and pictures that they carry themselves.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Puts a page into a response.
pub(crate) fn html(response: Response, page: impl Into<Vec<u8>>) -> Response {
    response
        .with_body("text/html; charset=utf-8", page.into())
        .with_header(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        )
}

/// Lets everybody keep it for five minutes: it changes with a new version alone.
pub(crate) fn cached(response: Response) -> Response {
    response.with_header(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=300"),
    )
}

/// A file with its entity tag; 304 when the caller has it already (RFC 9110,
/// section 13.1.2).
pub(crate) fn file(
    request: &Request,
    tag: &'static str,
    content: impl FnOnce(Response) -> Response,
) -> Response {
    let known = request.header(header::IF_NONE_MATCH).is_some_and(|tags| {
        tags.split(',')
            .map(str::trim)
            .any(|one| one == "*" || one.trim_start_matches("W/") == tag)
    });
    let response = if known {
        Response::new(StatusCode::NOT_MODIFIED)
    } else {
        content(Response::new(StatusCode::OK))
    };
    cached(response).with_header(header::ETAG, HeaderValue::from_static(tag))
}
