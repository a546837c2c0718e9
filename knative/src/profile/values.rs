//! Values that several tables have.

use http::Uri;
use spindrift_manifest::reading::{Data, Field, Fields, is_dns_label};

use super::WebAddress;
use crate::release::SecretKey;

/// `{ secret = "name", key = "key" }`.
pub(super) fn secret(field: &Field<'_>) -> Option<SecretKey> {
    let mut fields = field.fields()?;
    let example = "write `{ secret = \"todo\", key = \"database-url\" }`";
    let secret = fields.require("secret", example);
    let key = fields.require("key", example);
    fields.finish();
    let secret = object_name(&secret?)?;
    let key = key?;
    let text = key.some_text()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if !text.bytes().all(fits) {
        key.error("must be letters, digits, `-`, `_` and `.`, as keys of Secrets are");
    }
    Some(SecretKey {
        secret,
        key: text.to_owned(),
    })
}

/// A name as most objects of Kubernetes have it: labels joined by dots.
pub(super) fn object_name(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    if text.len() > 253 || !text.split('.').all(is_label) {
        field.error(
            "must be a name of Kubernetes: lower-case letters, digits and `-`, as in `my-app`",
        );
    }
    Some(text.to_owned())
}

/// Like [`object_name`], of one label.
pub(super) fn label(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    if !is_dns_label(text) {
        field.error(
            "must be at most 63 lower-case letters, digits and `-`, beginning with a letter, as in \
             `my-app`",
        );
    }
    Some(text.to_owned())
}

fn is_label(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !text.is_empty()
        && text.len() <= 63
        && text.bytes().all(fits)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The site's name, such as `todo.example.com`.
pub(super) fn host(field: &Field<'_>) -> Option<String> {
    let text = field.some_text()?;
    let name = !text.contains("://") && text.contains('.') && text.split('.').all(is_label);
    if !name || text.len() > 253 {
        field.error("must be a host's name without scheme and path, such as `todo.example.com`");
    }
    Some(text.to_owned())
}

/// The base of a server's URLs, such as `example`: of http or https, and without a user
/// and a password, for it is said in the open.
pub(super) fn web_address(field: &Field<'_>, example: &str) -> Option<WebAddress> {
    let text = field.some_text()?;
    let port = text.parse::<Uri>().ok().and_then(|uri| {
        let usual = match uri.scheme_str()? {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        let plain = uri.query().is_none() && !text.contains('@');
        plain.then(|| uri.port_u16().unwrap_or(usual))
    });
    if port.is_none() {
        field.error(format!("must be an address such as `{example}`"));
    }
    Some(WebAddress {
        url: text.trim_end_matches('/').to_owned(),
        port: port?,
    })
}

/// Networks such as `10.0.0.0/16`.
pub(super) fn networks(field: &Field<'_>) -> Vec<String> {
    let elements = field.elements();
    let network = |field: &Field<'_>| {
        let text = field.text()?;
        if !is_network(text) {
            field.error("must be a network, such as `10.120.0.0/16` or `203.0.113.7/32`");
        }
        Some(text.to_owned())
    };
    elements.iter().filter_map(network).collect()
}

fn is_network(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let most = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.parse::<u8>().is_ok_and(|length| length <= most)
}

/// `true` or `false`, or what holds when nobody says.
pub(super) fn flag(fields: &mut Fields<'_>, key: &'static str, default: bool) -> bool {
    let field = fields.take(key);
    field.and_then(|field| field.boolean()).unwrap_or(default)
}

/// A whole number or one with a part, as per cents are.
pub(super) fn per_cent(field: &Field<'_>) -> Option<f64> {
    let number = match field.data() {
        Data::Integer(number) => Some(*number as f64),
        Data::Text(text) => text.trim_end_matches('%').trim().parse().ok(),
        _ => None,
    };
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    if number.is_none() {
        field.error("must be per cent from 0 to 100: write `5`, or `\"0.5\"`");
    }
    number
}
