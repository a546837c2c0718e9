//! What proxies in front say of a request: `x-forwarded-for`, `-proto`, `-host`.

use std::net::SocketAddr;

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::network::Network;

pub(crate) const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
pub(crate) const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
pub(crate) const ORIGINAL_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What else callers could say of themselves.
const OTHERS: [HeaderName; 2] = [
    http::header::FORWARDED,
    HeaderName::from_static("x-real-ip"),
];

/// The authority that a request was sent to.
pub(crate) fn host(parts: &Parts) -> Option<&str> {
    let named = parts.headers.get(HOST).and_then(|v| v.to_str().ok());
    named.or(parts.uri.authority().map(http::uri::Authority::as_str))
}

/// The first of a list: what the proxy nearest to the caller said.
pub(crate) fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let list = headers.get(name)?.to_str().ok()?;
    let first = list.split(',').next().map(str::trim);
    first.filter(|value| !value.is_empty())
}

/// The client that the proxies speak for. Each appends whom it saw: the last entry is
/// what our own proxy saw, and where that is a `trusted` one again, the entry before it
/// is what that one saw.
pub(crate) fn client<'a>(headers: &'a HeaderMap, trusted: &[Network]) -> Option<&'a str> {
    let lines = headers.get_all(FOR).iter().filter_map(|v| v.to_str().ok());
    let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
    let entries: Vec<&str> = entries.filter(|entry| !entry.is_empty()).collect();
    let is_trusted = |entry: &str| trusted.iter().any(|network| network.holds(entry));
    let stranger = entries.iter().rposition(|entry| !is_trusted(entry));
    entries.get(stranger.unwrap_or(0)).copied()
}

/// Says on to whom a request is forwarded where it came from. What the caller says of
/// that is dropped unless there is a proxy in front. `secure` if it came by TLS.
pub(crate) fn append(parts: &mut Parts, peer: SocketAddr, behind_proxy: bool, secure: bool) {
    let host = host(parts).and_then(|host| HeaderValue::from_str(host).ok());
    let headers = &mut parts.headers;
    if !behind_proxy {
        for name in [FOR, PROTO, ORIGINAL_HOST].iter().chain(&OTHERS) {
            headers.remove(name);
        }
    }
    let lines = headers.get_all(FOR).iter().filter_map(|v| v.to_str().ok());
    let peer = peer.ip().to_canonical().to_string();
    let list: Vec<&str> = lines.chain([peer.as_str()]).collect();
    if let Ok(list) = HeaderValue::try_from(list.join(", ")) {
        headers.insert(FOR, list);
    }
    let scheme = HeaderValue::from_static(if secure { "https" } else { "http" });
    headers.entry(PROTO).or_insert(scheme);
    if let Some(host) = host {
        headers.entry(ORIGINAL_HOST).or_insert(host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(entries: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in entries {
            headers.append(*name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_client_is_the_last_who_is_no_trusted_proxy() {
        let private = [Network::Private];
        for (lines, trusted, expected) in [
            (&["9.9.9.9"][..], &[][..], Some("9.9.9.9")),
            (&["forged, 9.9.9.9"], &[], Some("9.9.9.9")),
            (&["forged", "9.9.9.9"], &[], Some("9.9.9.9")),
            (&["9.9.9.9, 10.0.0.7"], &[], Some("10.0.0.7")),
            (
                &["1.1.1.1, 9.9.9.9, 10.0.0.7,10.0.0.8"],
                &private,
                Some("9.9.9.9"),
            ),
            (&["10.0.0.6, 10.0.0.7"], &private, Some("10.0.0.6")),
            (&["", " , "], &private, None),
        ] {
            let entries: Vec<_> = lines
                .iter()
                .map(|line| ("x-forwarded-for", *line))
                .collect();
            assert_eq!(client(&headers(&entries), trusted), expected, "{lines:?}");
        }
    }

    fn appended(behind_proxy: bool) -> HeaderMap {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.headers = headers(&[
            ("host", "todo.example"),
            ("x-forwarded-for", "9.9.9.9"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "other.example"),
            ("forwarded", "for=9.9.9.9"),
        ]);
        append(
            &mut parts,
            "[::ffff:10.0.0.1]:99".parse().unwrap(),
            behind_proxy,
            false,
        );
        parts.headers.remove(HOST);
        parts.headers
    }

    #[test]
    fn what_a_caller_says_of_itself_is_replaced() {
        let expected = headers(&[
            ("x-forwarded-for", "10.0.0.1"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-host", "todo.example"),
        ]);
        assert_eq!(appended(false), expected);
    }

    #[test]
    fn what_a_proxy_says_is_kept_and_continued() {
        let expected = headers(&[
            ("x-forwarded-for", "9.9.9.9, 10.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "other.example"),
            ("forwarded", "for=9.9.9.9"),
        ]);
        assert_eq!(appended(true), expected);
    }
}
