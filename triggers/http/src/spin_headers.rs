//! The headers by which Spin tells a function where it was called.

use std::net::SocketAddr;

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;
use spindrift_manifest::{Route, RouteMatch};

use crate::forwarded;
use crate::service::ServiceOptions;

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
    /// Whom to believe about that.
    pub(crate) options: &'a ServiceOptions,
}

/// Sets Spin's request headers.
pub(crate) fn set(parts: &mut Parts, origin: &Origin<'_>) {
    let Origin { matched, path, .. } = origin;
    let said = origin
        .options
        .behind_proxy
        .then(|| said(parts, origin.options));
    let Said {
        scheme,
        host,
        client,
    } = said.unwrap_or_default();
    let host = host.or(forwarded::host(parts)).unwrap_or("localhost");
    let https = scheme.map_or(origin.options.secure, |scheme| {
        scheme.eq_ignore_ascii_case("https")
    });
    let scheme = if https { "https" } else { "http" };
    let client = client.map_or_else(|| origin.client.to_string(), ToOwned::to_owned);
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

/// Drops what a caller sent under these names: a function may trust them.
pub(crate) fn remove_forged(parts: &mut Parts) {
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

/// What a proxy in front says of a request.
#[derive(Default)]
struct Said<'a> {
    scheme: Option<&'a str>,
    host: Option<&'a str>,
    client: Option<&'a str>,
}

fn said<'a>(parts: &'a Parts, options: &ServiceOptions) -> Said<'a> {
    let headers = &parts.headers;
    Said {
        scheme: forwarded::first(headers, &forwarded::PROTO),
        host: forwarded::first(headers, &forwarded::ORIGINAL_HOST),
        client: forwarded::client(headers, &options.trusted_proxies),
    }
}
