//! Headers that concern one connection alone (RFC 9110, section 7.6.1).

use http::HeaderMap;
use http::header::{
    CONNECTION, EXPECT, HeaderName, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};

/// `Expect` is handled by the server already. What is said to a proxy is not for
/// who is behind it.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    EXPECT,
];

/// Takes them out, and with them those that `Connection` names.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = connection(headers)
        .filter_map(|name| name.parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// The protocol that is to go on in the place of HTTP, if it may. HTTP/2 may not: who
/// speaks it to a service by way of us is seen by nobody.
pub(super) fn upgrade(headers: &HeaderMap) -> Option<&HeaderValue> {
    let wanted = connection(headers).any(|option| option.eq_ignore_ascii_case("upgrade"));
    let protocol = headers.get(UPGRADE).filter(|_| wanted)?;
    let mut names = protocol.to_str().ok()?.split(',').map(str::trim);
    let is_http = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["h2", "http", "tls"]
            .iter()
            .any(|kind| name.starts_with(kind))
    };
    (!names.any(is_http)).then_some(protocol)
}

/// Asks for the protocol.
pub(super) fn ask_for_upgrade(headers: &mut HeaderMap, protocol: HeaderValue) {
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, protocol);
}

/// What `Connection` says.
fn connection(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(CONNECTION).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
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
    fn what_concerns_one_connection_goes_no_further() {
        let mut all = headers(&[
            ("connection", "keep-alive, X-One"),
            ("connection", "x-two"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic x"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("expect", "100-continue"),
            ("x-one", "1"),
            ("x-two", "2"),
            ("accept", "*/*"),
            ("x-three", "3"),
        ]);
        remove_hop_by_hop(&mut all);
        assert_eq!(all, headers(&[("accept", "*/*"), ("x-three", "3")]));
    }

    #[test]
    fn an_upgrade_is_wanted_when_both_headers_say_so_and_never_to_http() {
        for (connection, protocol, wanted) in [
            ("Upgrade", "websocket", true),
            ("keep-alive, upgrade", "WebSocket", true),
            ("keep-alive", "websocket", false),
            ("Upgrade, HTTP2-Settings", "h2c", false),
            ("upgrade", "websocket, H2C", false),
            ("upgrade", "TLS/1.2", false),
        ] {
            let headers = headers(&[("connection", connection), ("upgrade", protocol)]);
            assert_eq!(
                upgrade(&headers).is_some(),
                wanted,
                "{connection} {protocol}"
            );
        }
        assert_eq!(upgrade(&headers(&[("connection", "upgrade")])), None);
    }
}
