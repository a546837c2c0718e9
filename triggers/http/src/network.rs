//! Networks whose word is taken.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Some addresses: those that begin as `address` does, or the private ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// `10.0.0.0/8`, `fd00::/8`, or one address.
    Of {
        /// The first address.
        address: IpAddr,
        /// How many of its bits count.
        prefix: u32,
    },
    /// `private`: loopback, link-local, and what RFC 1918, RFC 4193 and RFC 6598 set
    /// aside. What is between the pods of a cluster is nearly always among them.
    Private,
}

impl Network {
    /// Whether an entry of `x-forwarded-for` is in it: an address, perhaps with a port.
    pub(crate) fn holds(self, entry: &str) -> bool {
        let address = entry.parse().ok();
        let address = address.or_else(|| entry.parse().ok().map(|socket: SocketAddr| socket.ip()));
        let Some(address) = address.map(|address: IpAddr| address.to_canonical()) else {
            return false;
        };
        match self {
            Self::Of {
                address: first,
                prefix,
            } => {
                first.is_ipv4() == address.is_ipv4() && bits(first, prefix) == bits(address, prefix)
            }
            Self::Private => is_private(address),
        }
    }
}

/// The address's first bits.
fn bits(address: IpAddr, prefix: u32) -> u128 {
    let (all, width) = match address {
        IpAddr::V4(address) => (address.to_bits().into(), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    u128::checked_shr(all, width - prefix).unwrap_or(0)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            let shared = a == 100 && (64..128).contains(&b);
            address.is_private() || address.is_loopback() || address.is_link_local() || shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "private" {
            return Ok(Self::Private);
        }
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let network = address.parse().ok().and_then(|address: IpAddr| {
            let width = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Some(width), |prefix| prefix.parse().ok());
            let prefix = prefix.filter(|prefix| *prefix <= width)?;
            Some(Self::Of { address, prefix })
        });
        network.ok_or_else(|| {
            "expected a network such as 10.0.0.0/8, an address, or `private`".to_owned()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_that_begin_as_it_does() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
            ("0.0.0.0/0", "8.8.8.8", "::1"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
            ("10.0.0.0/8", "10.0.0.1:443", "unknown"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "_hidden"),
            ("private", "192.168.1.1", "203.0.113.7"),
            ("private", "100.64.0.1", "100.128.0.1"),
            ("private", "[fd00::1]:80", "2001:db8::1"),
            ("private", "127.0.0.1", ""),
        ] {
            let parsed: Network = network.parse().unwrap();
            assert!(parsed.holds(inside), "{network} {inside}");
            assert!(!parsed.holds(outside), "{network} {outside}");
        }
        for text in [
            "",
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "Private",
            "10.0.0.0/",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text:?}");
        }
    }
}
