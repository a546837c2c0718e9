//! A request, as a route wants to see it.

use bytes::Bytes;
use domain::query::Params;
use http::{HeaderMap, HeaderName, Method, Uri, header};
use http_body_util::BodyExt as _;
use serde_json::Value;

use crate::{Kind, Problem};

/// What the host hands to `#[http_service]`.
pub type HttpRequest = spin_sdk::http::Request;

/// A request whose body was read whole. (How large it may be is the host's
/// limit.)
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Request {
    /// Takes a request apart and reads its body, unless its method has none.
    /// The second half says whether the body arrived.
    pub(crate) async fn read(request: HttpRequest) -> (Self, Result<(), Problem>) {
        let (parts, body) = request.into_parts();
        let mut request = Self::new(parts.method, parts.uri, parts.headers, Bytes::new());
        if matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS) {
            return (request, Ok(()));
        }
        match body.collect().await {
            Ok(body) => {
                request.body = body.to_bytes();
                (request, Ok(()))
            }
            Err(error) => (request, Err(unreadable(&error))),
        }
    }

    /// A request from its parts.
    pub fn new(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            method,
            uri,
            headers,
            body,
        }
    }

    /// The method; GET for HEAD, which is answered alike.
    pub fn method(&self) -> &str {
        match self.method.as_str() {
            "HEAD" => "GET",
            method => method,
        }
    }

    /// Whether the method leaves things as they are (RFC 9110, section 9.2.1).
    pub fn is_safe(&self) -> bool {
        self.method.is_safe()
    }

    /// The path's segments behind `/api` or `/api/v1`, or the whole path's when
    /// it does not start so. A slash at the end makes an empty last segment,
    /// which no route has.
    pub fn segments(&self) -> Vec<&str> {
        let path = self.path();
        if path == "/" {
            Vec::new()
        } else {
            path.split('/').skip(1).collect()
        }
    }

    /// The path without `/api` or `/api/v1`; `/` when nothing is left.
    pub fn path(&self) -> &str {
        let path = self.uri.path();
        let rest = ["/api/v1", "/api"].iter().find_map(|base| {
            path.strip_prefix(base)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        match rest {
            Some("") => "/",
            Some(rest) => rest,
            None => path,
        }
    }

    /// Where the API starts in this request: `/api/v1` or `/api`.
    pub fn base(&self) -> &'static str {
        let path = self.uri.path();
        if path == "/api/v1" || path.starts_with("/api/v1/") {
            "/api/v1"
        } else {
            "/api"
        }
    }

    /// The query as it was sent, without the question mark.
    pub fn query(&self) -> Option<&str> {
        self.uri.query()
    }

    /// Refuses query parameters, for an address that takes none.
    ///
    /// # Errors
    ///
    /// `invalid-parameter` names the first one.
    pub fn without_query(&self) -> Result<(), Problem> {
        Ok(Params::parse(self.query())?.finish()?)
    }

    /// The whole address as the host gives it.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// All headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// A header's value, when it is there and is plain text.
    pub fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        self.headers.get(name.into())?.to_str().ok()
    }

    /// The first cookie of this name (RFC 6265, section 5.4).
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(header::COOKIE).iter();
        lines
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                (key == name).then_some(value)
            })
    }

    /// The request's id, which the host always gives.
    pub fn id(&self) -> &str {
        self.header(HeaderName::from_static("x-request-id"))
            .unwrap_or("")
    }

    /// `traceparent`, when it is one (W3C Trace Context, version 00).
    pub fn traceparent(&self) -> Option<&str> {
        self.header(HeaderName::from_static("traceparent"))
            .filter(|value| is_traceparent(value))
    }

    /// The caller's address, as the host saw it, without the port.
    pub fn client_address(&self) -> &str {
        let full = self
            .header(HeaderName::from_static("spin-client-addr"))
            .unwrap_or("");
        full.parse::<std::net::SocketAddr>().map_or(full, |_| {
            full.rsplit_once(':').map_or(full, |(address, _)| address)
        })
    }

    /// The body's bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as a JSON document.
    ///
    /// # Errors
    ///
    /// `unsupported-media-type` when it is not said to be JSON; `malformed-body`
    /// when it is none.
    pub fn json(&self) -> Result<Value, Problem> {
        let content_type = self.header(header::CONTENT_TYPE).unwrap_or("");
        if !is_json(content_type) {
            return Err(Problem::new(
                Kind::UNSUPPORTED_MEDIA_TYPE,
                "Say `Content-Type: application/json` and send JSON.",
            ));
        }
        let text = str::from_utf8(&self.body).map_err(|error| {
            let detail = format!("The body is not UTF-8 at byte {}.", error.valid_up_to());
            Problem::new(Kind::MALFORMED_BODY, detail)
        })?;
        serde_json::from_str(text).map_err(|error| {
            Problem::new(
                Kind::MALFORMED_BODY,
                format!("The body is not JSON: {error}."),
            )
        })
    }
}

/// Whether a text is a `traceparent` of version 00.
pub(crate) fn is_traceparent(value: &str) -> bool {
    let lengths = value.split('-').map(str::len);
    let hex = |byte: u8| byte == b'-' || byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    lengths.eq([2, 32, 16, 2]) && value.starts_with("00") && value.bytes().all(hex)
}

/// `application/json`, `application/merge-patch+json` and their like, with or
/// without parameters. A charset other than UTF-8 contradicts RFC 8259.
pub(crate) fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or("").to_ascii_lowercase();
    let json = essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("charset") => {
            value.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    json && utf8
}

fn unreadable(error: &spin_sdk::wasip3::http::types::ErrorCode) -> Problem {
    use spin_sdk::wasip3::http::types::ErrorCode;
    match error {
        ErrorCode::HttpRequestBodySize(_) => Problem::new(
            Kind::BODY_TOO_LARGE,
            "The body is larger than this address takes.",
        ),
        _ => Problem::new(Kind::MALFORMED_BODY, "The body did not arrive whole."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(uri: &str) -> Request {
        Request::new(
            Method::GET,
            uri.parse().unwrap(),
            HeaderMap::new(),
            Bytes::new(),
        )
    }

    fn with(name: &'static str, value: &str) -> Request {
        let mut request = at("/api/tasks");
        request.headers.insert(name, value.parse().unwrap());
        request
    }

    fn sent(content_type: &str, body: &'static [u8]) -> Request {
        let mut request = with("content-type", content_type);
        request.body = Bytes::from_static(body);
        request
    }

    #[test]
    fn both_bases_lead_to_the_same_route() {
        for (uri, segments, base) in [
            ("/api/tasks/1", &["tasks", "1"][..], "/api"),
            ("/api/v1/tasks/1?x=y", &["tasks", "1"], "/api/v1"),
            ("http://h/api/tasks/", &["tasks", ""], "/api"),
            ("/health", &["health"], "/api"),
            ("/api/v1", &[], "/api/v1"),
            ("/apiary", &["apiary"], "/api"),
            ("/", &[], "/api"),
        ] {
            assert_eq!(
                (&*at(uri).segments(), at(uri).base()),
                (segments, base),
                "{uri}"
            );
        }
    }

    #[test]
    fn json_is_taken_by_its_content_type() {
        for content_type in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/merge-patch+json",
        ] {
            assert!(sent(content_type, b"{}").json().is_ok(), "{content_type}");
        }
        for content_type in [
            "",
            "text/plain",
            "application/jsonp",
            "application/json; charset=latin1",
        ] {
            let problem = sent(content_type, b"{}").json().unwrap_err();
            assert_eq!(
                problem.kind(),
                Kind::UNSUPPORTED_MEDIA_TYPE,
                "{content_type}"
            );
        }
    }

    #[test]
    fn what_is_no_json_in_utf_8_is_malformed() {
        for body in [&b""[..], b"{", b"{}{}", b"\"\xff\"", b"{'a':1}"] {
            let problem = sent("application/json", body).json().unwrap_err();
            assert_eq!(problem.kind(), Kind::MALFORMED_BODY, "{body:?}");
        }
    }

    #[test]
    fn an_address_loses_its_port() {
        for (given, address) in [
            ("127.0.0.1:5000", "127.0.0.1"),
            ("[::1]:5000", "[::1]"),
            ("10.0.0.1", "10.0.0.1"),
        ] {
            assert_eq!(with("spin-client-addr", given).client_address(), address);
        }
    }

    #[test]
    fn a_trace_is_passed_on_only_when_it_is_one() {
        let sane = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(with("traceparent", sane).traceparent(), Some(sane));
        for odd in [
            "",
            "00-x-y-01",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(with("traceparent", odd).traceparent(), None);
        }
    }
}
