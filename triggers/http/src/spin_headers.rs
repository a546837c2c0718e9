//! The headers by which Spin tells a function where it was called.

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use spindrift_manifest::{Route, RouteMatch};

const FULL_URL: HeaderName = HeaderName::from_static("spin-full-url");
const PATH_INFO: HeaderName = HeaderName::from_static("spin-path-info");
const MATCHED_ROUTE: HeaderName = HeaderName::from_static("spin-matched-route");
const COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-component-route");
const RAW_COMPONENT_ROUTE: HeaderName = HeaderName::from_static("spin-raw-component-route");
const BASE_PATH: HeaderName = HeaderName::from_static("spin-base-path");
const CLIENT_ADDR: HeaderName = HeaderName::from_static("spin-client-addr");

/// The headers that are the same for every request of a route.
pub(crate) struct RouteHeaders(Vec<(HeaderName, HeaderValue)>);

impl RouteHeaders {
    pub(crate) fn new(route: &Route) -> Self {
        let route = route.as_str();
        let base = route.strip_suffix("/...").unwrap_or(route);
        let base = if base.is_empty() { "/" } else { base };
        let headers = [
            (MATCHED_ROUTE, route),
            (COMPONENT_ROUTE, base),
            (RAW_COMPONENT_ROUTE, route),
            (BASE_PATH, "/"),
        ];
        // A route that is no header value could not have been called.
        let value = |(name, text)| Some((name, HeaderValue::from_str(text).ok()?));
        Self(headers.into_iter().filter_map(value).collect())
    }
}

/// Where a request came from, and where it arrived.
pub(crate) struct Origin<'a> {
    pub(crate) route: &'a RouteHeaders,
    pub(crate) matched: &'a RouteMatch<'a>,
    pub(crate) path: &'a str,
    pub(crate) client: SocketAddr,
    /// See [`crate::ServiceOptions::behind_proxy`].
    pub(crate) behind_proxy: bool,
}

/// Sets Spin's request headers. What a caller sent under these names is dropped
/// first: a function may trust them.
pub(crate) fn set(parts: &mut Parts, origin: &Origin<'_>) {
    remove_forged(parts);
    let Origin { matched, path, .. } = origin;
    let host = parts.headers.get(HOST).and_then(|v| v.to_str().ok());
    let host = host
        .or(parts.uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or("localhost");
    let (scheme, client) = if origin.behind_proxy {
        forwarded(parts, origin.client)
    } else {
        ("http", origin.client.to_string())
    };
    let full = match parts.uri.query() {
        Some(query) => format!("{scheme}://{host}{path}?{query}"),
        None => format!("{scheme}://{host}{path}"),
    };
    let headers = &mut parts.headers;
    headers.extend(origin.route.0.iter().cloned());
    // What is no header value was refused by the parser.
    if let Ok(value) = HeaderValue::try_from(full) {
        headers.insert(FULL_URL, value);
    }
    if let Ok(value) = HeaderValue::from_str(matched.path_info) {
        headers.insert(PATH_INFO, value);
    }
    if let Ok(value) = HeaderValue::try_from(client) {
        headers.insert(CLIENT_ADDR, value);
    }
    for (name, value) in &matched.params {
        let name = format!("spin-path-match-{}", name.to_ascii_lowercase());
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

fn remove_forged(parts: &mut Parts) {
    let forged: Vec<HeaderName> = parts
        .headers
        .keys()
        .filter(|name| name.as_str().starts_with("spin-"))
        .cloned()
        .collect();
    for name in forged {
        parts.headers.remove(name);
    }
}

/// The scheme and address of the client that a proxy speaks for. Of a list of
/// addresses the last is the one that our own proxy saw.
fn forwarded(parts: &Parts, peer: SocketAddr) -> (&'static str, String) {
    let header = |name| parts.headers.get(name).and_then(|v| v.to_str().ok());
    let https = header("x-forwarded-proto").is_some_and(|v| v.eq_ignore_ascii_case("https"));
    let client = header("x-forwarded-for")
        .and_then(|list| list.rsplit(',').next())
        .map(str::trim);
    let client = client
        .filter(|c| !c.is_empty())
        .map_or_else(|| peer.to_string(), ToOwned::to_owned);
    (if https { "https" } else { "http" }, client)
}
