//! Free ports.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Result;

/// The ports of one broker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) clients: u16,
    pub(crate) brokers: u16,
    pub(crate) controllers: u16,
}

/// Ports that were free a moment ago, different ones for each broker.
pub(crate) fn free(brokers: usize) -> Result<Vec<Ports>> {
    // All are held until the last is found, so that none is found twice.
    let held: Vec<TcpListener> = (0..brokers * 3)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<_, _>>()?;
    let ports: Vec<u16> = held
        .iter()
        .map(|listener| Ok(listener.local_addr()?.port()))
        .collect::<Result<_>>()?;
    let of_broker = |ports: &[u16]| Ports {
        clients: ports[0],
        brokers: ports[1],
        controllers: ports[2],
    };
    Ok(ports.chunks_exact(3).map(of_broker).collect())
}
