//! One entry of `allowed_outbound_hosts`.

use std::net::IpAddr;
use std::ops::Range;

use thiserror::Error;

use crate::network::Network;

/// `scheme://host[:port]`, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// In lower case; `None` for any.
    scheme: Option<String>,
    host: Host,
    /// `None` for any.
    ports: Option<Range<u32>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    Own,
    Name(String),
    /// With its leading dot.
    SubdomainsOf(String),
    Network(Network),
}

/// Why an entry of `allowed_outbound_hosts` is malformed. The messages never
/// repeat the entry: once expanded, it may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostError {
    /// No `://`.
    #[error(
        "it has no scheme: write `scheme://host`, such as `https://example.com` or \
         `postgres://db.example.com:5432` (`*://*:*` allows everything)"
    )]
    NoScheme,
    /// A scheme with something else than letters.
    #[error("its scheme must be letters, or `*` for any")]
    BadScheme,
    /// `user:password@`.
    #[error(
        "it holds credentials: leave out everything up to the `@`, the list names servers alone"
    )]
    Credentials,
    /// A path, query or fragment.
    #[error(
        "it has a path: leave out everything after the host and port, the list names servers alone"
    )]
    Path,
    /// `{a,b}`.
    #[error("lists in braces are not supported: write one entry for each")]
    List,
    /// A host that is none of the forms.
    #[error(
        "its host must be a name, an address (IPv6 in brackets), a network such as `10.0.0.0/8`, \
         `*.example.com`, `*` or `self`"
    )]
    BadHost,
    /// A port that is none of the forms.
    #[error("its port must be a number from 1 to 65535, a range such as `8000..9000`, or `*`")]
    BadPort,
    /// No port, and the scheme has none of its own.
    #[error("its scheme has no port of its own: add one, such as `:8080`, or `:*` for any")]
    NoPort,
}

impl Entry {
    /// Reads one entry, expanded.
    pub(super) fn parse(text: &str) -> Result<Self, HostError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(HostError::NoScheme)?;
        let scheme = match scheme {
            "*" => None,
            _ if scheme.starts_with('{') => return Err(HostError::List),
            _ if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphabetic()) => {
                Some(scheme.to_ascii_lowercase())
            }
            _ => return Err(HostError::BadScheme),
        };
        if rest.contains('@') {
            return Err(HostError::Credentials);
        }
        if rest.contains(['{', '}']) {
            return Err(HostError::List);
        }
        let (host, port) = split_port(rest)?;
        let host = Host::parse(host)?;
        let ports = match (port, scheme.as_deref().and_then(default_port), &host) {
            (Some("*"), _, _) => None,
            (Some(port), _, _) => Some(parse_ports(port)?),
            // The application's own routes have no port to name.
            (None, _, Host::Own) => None,
            (None, Some(port), _) => Some(one_port(port)),
            (None, None, _) => return Err(HostError::NoPort),
        };
        Ok(Self {
            scheme,
            host,
            ports,
        })
    }

    /// Whether it speaks of the application's own routes.
    pub(super) fn is_self(&self) -> bool {
        let http = self
            .scheme
            .as_deref()
            .is_none_or(|scheme| matches!(scheme, "http" | "https"));
        http && matches!(self.host, Host::Any | Host::Own)
    }

    /// Whether it allows a scheme and host, both in lower case, and a port.
    pub(super) fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        self.speaks(scheme) && self.host.allows(host) && self.is_at(port)
    }

    /// Whether it allows a scheme and host, both in lower case, at some port.
    pub(super) fn allows_somewhere(&self, scheme: &str, host: &str) -> bool {
        self.speaks(scheme) && self.host.allows(host)
    }

    /// The name that it allows for a scheme, in lower case, and a port, if it is one name.
    pub(super) fn name(&self, scheme: &str, port: u16) -> Option<&str> {
        match &self.host {
            Host::Name(name) if self.speaks(scheme) && self.is_at(Some(port)) => Some(name),
            _ => None,
        }
    }

    fn speaks(&self, scheme: &str) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme)
    }

    fn is_at(&self, port: Option<u16>) -> bool {
        match &self.ports {
            None => true,
            Some(ports) => port.is_some_and(|port| ports.contains(&u32::from(port))),
        }
    }
}

/// Splits `host[:port][/]`. A network's `/8` belongs to the host.
fn split_port(text: &str) -> Result<(&str, Option<&str>), HostError> {
    if text.contains(['?', '#']) {
        return Err(HostError::Path);
    }
    let text = text.strip_suffix('/').unwrap_or(text);
    // The colons of an IPv6 address stand inside its brackets.
    let host_end = text.rfind(']').unwrap_or(0);
    match text[host_end..].rfind(':') {
        Some(colon) => {
            let (host, port) = text.split_at(host_end + colon);
            let port = &port[1..];
            if port.contains('/') {
                Err(HostError::Path)
            } else {
                Ok((host, Some(port)))
            }
        }
        None => Ok((text, None)),
    }
}

fn parse_ports(text: &str) -> Result<Range<u32>, HostError> {
    let port = |text: &str| match text.parse::<u16>() {
        Ok(0) | Err(_) => Err(HostError::BadPort),
        Ok(port) => Ok(port),
    };
    let Some((start, end)) = text.split_once("..") else {
        return Ok(one_port(port(text)?));
    };
    let range = u32::from(port(start)?)..u32::from(port(end)?);
    if range.is_empty() {
        Err(HostError::BadPort)
    } else {
        Ok(range)
    }
}

fn one_port(port: u16) -> Range<u32> {
    u32::from(port)..u32::from(port) + 1
}

/// The port that a scheme means when none is named.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" | "rediss" => Some(6379),
        "mqtt" => Some(1883),
        "mqtts" => Some(8883),
        _ => None,
    }
}

impl Host {
    fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim().to_ascii_lowercase();
        if text == "*" {
            return Ok(Self::Any);
        }
        // `self.alt` is the same in Spin.
        if text == "self" || text == "self.alt" {
            return Ok(Self::Own);
        }
        if let Some(network) = parse_network(&text) {
            return Ok(network);
        }
        if let Some((address, _)) = text.split_once('/') {
            let is_address = address.parse::<IpAddr>().is_ok() || address.starts_with('[');
            return Err(if is_address {
                HostError::BadHost
            } else {
                HostError::Path
            });
        }
        if let Some(domain) = text.strip_prefix("*.") {
            return if is_name(domain) {
                Ok(Self::SubdomainsOf(format!(".{domain}")))
            } else {
                Err(HostError::BadHost)
            };
        }
        if is_name(&text) {
            Ok(Self::Name(text))
        } else {
            Err(HostError::BadHost)
        }
    }

    fn allows(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Own => false,
            Self::Name(name) => name == host,
            Self::SubdomainsOf(suffix) => host.ends_with(suffix) && host.len() > suffix.len(),
            Self::Network(network) => host.parse().is_ok_and(|address| network.contains(address)),
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// `10.0.0.1`, `10.0.0.0/8`, `[::1]`, `[fd00::]/8` or `[fd00::/8]`.
fn parse_network(text: &str) -> Option<Host> {
    let network = Network::parse(&text.replace(['[', ']'], ""))?;
    (network.is_ipv6() == text.starts_with('[')).then_some(Host::Network(network))
}
