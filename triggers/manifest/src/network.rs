//! Networks of IP addresses.

use std::net::IpAddr;

/// A network: the addresses that begin alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    /// Bits that they have in common, 32 or 128 at the most.
    prefix: u32,
}

impl Network {
    /// Reads `10.0.0.0/8` or `fd00::/8`. An address alone is the network of itself.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= bits)?,
            None => bits,
        };
        Some(Self { address, prefix })
    }

    /// Whether its addresses are IPv6.
    pub fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// Whether an address is one of it. An IPv4 address that comes as `::ffff:a.b.c.d` is
    /// that IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (address.to_canonical(), self.address) {
            (IpAddr::V4(address), IpAddr::V4(network)) => {
                let shift = 32 - self.prefix;
                (u32::from(address) ^ u32::from(network))
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(address), IpAddr::V6(network)) => {
                let shift = 128 - self.prefix;
                (u128::from(address) ^ u128::from(network))
                    .checked_shr(shift)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}
