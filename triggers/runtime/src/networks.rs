//! Networks that no function reaches, whatever its manifest allows.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use spindrift_manifest::Network;

/// Networks whose addresses functions are kept from: those of an operator's own, say,
/// where strangers write the manifests. A name is looked up first, and what it comes to is
/// what counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedNetworks {
    networks: Vec<Network>,
    /// Whatever is not of the public network.
    private: bool,
}

impl BlockedNetworks {
    /// Adds `10.0.0.0/8`, `fd00::/8`, one address, or `private`: everything that is not of
    /// the public network, this machine itself included.
    ///
    /// # Errors
    ///
    /// It is none of these; the words say what to write.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        if text == "private" {
            self.private = true;
            return Ok(());
        }
        let network = Network::parse(text).ok_or_else(|| {
            "must be a network such as \"10.0.0.0/8\" or \"fd00::/8\", an address, or \"private\""
                .to_owned()
        })?;
        self.networks.push(network);
        Ok(())
    }

    /// Whether every address may be reached.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && !self.private
    }

    /// Whether nobody may reach an address.
    pub fn blocks(&self, address: IpAddr) -> bool {
        let address = plain(address);
        self.networks.iter().any(|one| one.contains(address))
            || (self.private && !is_public(address))
    }

    /// The same of a host's addresses: those that may be reached.
    ///
    /// # Errors
    ///
    /// The name has no address, or, with [`io::ErrorKind::PermissionDenied`], none that may
    /// be reached.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let found = tokio::net::lookup_host((host, port)).await?;
        let reached: Vec<_> = found.filter(|one| !self.blocks(one.ip())).collect();
        if reached.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                refusal(host),
            ));
        }
        Ok(reached)
    }
}

/// Why a host is not reached, for the log and the function.
pub(crate) fn refusal(host: &str) -> String {
    format!(
        "{host} is in a network that nobody may reach from here: the runtime configuration \
         blocks it (`block_networks` of `outbound_networking`)"
    )
}

/// The address that packets go to. Some of IPv6 are ways to one of IPv4.
fn plain(address: IpAddr) -> IpAddr {
    let address = address.to_canonical();
    match address {
        // NAT64, by its well-known prefix.
        IpAddr::V6(v6) if matches!(v6.segments(), [0x64, 0xff9b, 0, 0, 0, 0, ..]) => {
            let [.., a, b, c, d] = v6.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        address => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the registry of special-purpose addresses (RFC 6890). Multicast has no server either.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    // This network, shared addresses of providers, protocols, benchmarks, the future.
    let reserved = matches!(
        (a, b, c),
        (0, ..) | (100, 64..=127, _) | (192, 0, 0) | (198, 18..=19, _) | (240.., ..)
    );
    !reserved
        && !address.is_private()
        && !address.is_loopback()
        && !address.is_link_local()
        && !address.is_documentation()
        && !address.is_multicast()
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // What is given out of 2000::/3, without Teredo and its like, documentation, and 6to4.
    (a & 0xe000) == 0x2000
        && !(a == 0x2001 && b < 0x200)
        && !(a == 0x2001 && b == 0xdb8)
        && a != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(entries: &[&str]) -> BlockedNetworks {
        let mut blocked = BlockedNetworks::default();
        for entry in entries {
            blocked.add(entry).unwrap();
        }
        blocked
    }

    #[test]
    fn what_is_not_of_the_public_network_is_private() {
        let private = blocked(&["private"]);
        for (address, expected) in [
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("192.168.0.1", true),
            ("127.0.0.1", true),
            ("169.254.169.254", true),
            ("100.64.0.1", true),
            ("0.0.0.0", true),
            ("198.19.0.1", true),
            ("224.0.0.1", true),
            ("255.255.255.255", true),
            ("1.1.1.1", false),
            ("100.128.0.1", false),
            ("192.0.1.1", false),
            ("::1", true),
            ("::", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("2001:db8::1", true),
            ("2002:a00::1", true),
            ("::ffff:10.0.0.1", true),
            ("64:ff9b::a00:1", true),
            ("64:ff9b::101:101", false),
            ("::ffff:1.1.1.1", false),
            ("2606:4700::1111", false),
            ("2001:4860:4860::8888", false),
        ] {
            assert_eq!(
                private.blocks(address.parse().unwrap()),
                expected,
                "{address}"
            );
        }
    }

    #[test]
    fn networks_are_blocked_by_themselves() {
        let some = blocked(&["10.0.0.0/8", "fd00::/8", "1.1.1.1"]);
        for (address, expected) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("64:ff9b::a01:203", true),
            ("192.168.0.1", false),
            ("fd12::1", true),
            ("fe80::1", false),
            ("1.1.1.1", true),
            ("1.1.1.2", false),
        ] {
            assert_eq!(some.blocks(address.parse().unwrap()), expected, "{address}");
        }
        assert!(!some.is_empty() && BlockedNetworks::default().is_empty());
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "Private", "10.0.0.0/33", "example.com", "[fd00::]/8"] {
            assert!(BlockedNetworks::default().add(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_host_comes_to_the_addresses_that_may_be_reached() {
        let found = BlockedNetworks::default().resolve("127.0.0.1", 7).await;
        assert_eq!(found.unwrap(), ["127.0.0.1:7".parse().unwrap()]);
        let refused = blocked(&["private"]).resolve("[::1]", 7).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        assert!(refused.to_string().contains("block_networks"), "{refused}");
    }
}
