//! The address of a broker, as functions give it: `mqtt://host:port?client_id=name`.

use http::Uri;
use percent_encoding::percent_decode_str;

/// An address, read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// A name or an address, IPv6 without brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// `mqtts`.
    pub(super) tls: bool,
    /// What the broker knows the client by.
    pub(super) client_id: String,
}

impl Address {
    /// Reads an address. Names and passwords are given beside it, and not in it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (tls, port) = match uri.scheme_str()? {
            "mqtt" => (false, 1883),
            "mqtts" => (true, 8883),
            _ => return None,
        };
        if uri.authority()?.as_str().contains('@') {
            return None;
        }
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
        let mut pairs = uri
            .query()?
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, client_id) = pairs.find(|(key, _)| *key == "client_id")?;
        let client_id = percent_decode_str(client_id).decode_utf8().ok()?;
        if host.is_empty() || client_id.is_empty() {
            return None;
        }
        Some(Self {
            host: host.to_owned(),
            port: uri.port_u16().unwrap_or(port),
            tls,
            client_id: client_id.into_owned(),
        })
    }

    /// As in `allowed_outbound_hosts`.
    pub(super) fn scheme(&self) -> &'static str {
        match self.tls {
            true => "mqtts",
            false => "mqtt",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, u16, bool, String)> {
        let address = Address::parse(text)?;
        Some((address.host, address.port, address.tls, address.client_id))
    }

    fn some(host: &str, port: u16, tls: bool, id: &str) -> Option<(String, u16, bool, String)> {
        Some((host.to_owned(), port, tls, id.to_owned()))
    }

    #[test]
    fn an_address_names_broker_and_client() {
        for (text, expected) in [
            ("mqtt://h?client_id=1", some("h", 1883, false, "1")),
            ("mqtt://h:1?client_id=a", some("h", 1, false, "a")),
            (
                "mqtt://h/?x=y&client_id=a%20b",
                some("h", 1883, false, "a b"),
            ),
            ("mqtts://h?client_id=a", some("h", 8883, true, "a")),
            ("mqtt://[::1]:7?client_id=a", some("::1", 7, false, "a")),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_names_no_client_or_holds_a_password_is_none() {
        for text in [
            "",
            "h",
            "mqtt://h",
            "mqtt://h?client_id=",
            "mqtt://u:hunter2@h?client_id=a",
            "http://h?client_id=a",
            "mqtt:///?client_id=a",
        ] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
