//! The headers by which Spin tells a function where it was called.

use std::net::SocketAddr;

use http::header::{HOST, HeaderName, HeaderValue};
use http::request::Parts;
use spindrift_manifest::RouteMatch;

/// Sets Spin's request headers. What a caller sent under these names is dropped
/// first: a function may trust them.
pub(crate) fn set(
    parts: &mut Parts,
    matched: &RouteMatch<'_>,
    path: &str,
    client: SocketAddr,
    behind_proxy: bool,
) {
    remove_forged(parts);
    let route = matched.route.as_str();
    let base = route.strip_suffix("/...").unwrap_or(route);
    let base = if base.is_empty() { "/" } else { base };
    let host = parts.headers.get(HOST).and_then(|v| v.to_str().ok());
    let host = host
        .or(parts.uri.authority().map(http::uri::Authority::as_str))
        .unwrap_or("localhost");
    let query = parts
        .uri
        .query()
        .map(|q| format!("?{q}"))
        .unwrap_or_default();
    let (scheme, client) = if behind_proxy {
        forwarded(parts, client)
    } else {
        ("http", client.to_string())
    };
    let full = format!("{scheme}://{host}{path}{query}");
    let headers = &mut parts.headers;
    let mut put = |name: &'static str, value: &str| {
        // A path that is no header value was refused by the parser.
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("spin-full-url", &full);
    put("spin-path-info", matched.path_info);
    put("spin-matched-route", route);
    put("spin-component-route", base);
    put("spin-raw-component-route", route);
    put("spin-base-path", "/");
    put("spin-client-addr", &client);
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
