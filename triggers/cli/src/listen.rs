//! Listening sockets, and what to do when one is taken.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow};
use tokio::net::TcpListener;

use crate::args::AdminListen;

/// Where `up` puts the operators' listener when nobody says.
const ADMIN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3001);

/// Listens on `address`, which `option` gave.
pub(crate) async fn bind(address: &str, option: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|cause| {
        let port = address.rsplit(':').next().unwrap_or(address);
        match cause.kind() {
            ErrorKind::AddrInUse => anyhow!(
                "port {port} is taken: something listens on {address} already, perhaps another spindrift \
                 (`ss -ltnp 'sport = :{port}'` or `lsof -i :{port}` shows what). \
                 Stop it, or choose another port with `{option} {}`.",
                another(address)
            ),
            ErrorKind::PermissionDenied => anyhow!(
                "this user may not listen on {address} (ports below 1024 are root's). \
                 Choose another port with `{option} {}`.",
                another(address)
            ),
            ErrorKind::AddrNotAvailable => anyhow!(
                "{address} is not an address of this machine. Listen on 127.0.0.1 for this machine alone, or on \
                 0.0.0.0 for everybody who can reach it: `{option} 127.0.0.1:{port}`."
            ),
            _ => anyhow!(
                "cannot listen on {address}: {cause}. An address is a host and a port: `{option} 127.0.0.1:3000`."
            ),
        }
    })
}

/// Listens for operators where told.
pub(crate) async fn bind_admin(listen: AdminListen) -> Result<Option<TcpListener>> {
    match listen {
        AdminListen::Off => Ok(None),
        AdminListen::At(address) => bind(&address.to_string(), "--admin-listen").await.map(Some),
    }
}

/// Listens for operators where told, or somewhere on this machine.
pub(crate) async fn bind_admin_or_any(listen: Option<AdminListen>) -> Result<Option<TcpListener>> {
    if let Some(listen) = listen {
        return bind_admin(listen).await;
    }
    if let Ok(listener) = TcpListener::bind(ADMIN).await {
        return Ok(Some(listener));
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .map(Some)
        .context("cannot listen on 127.0.0.1")
}

/// The URL of a listener, which speaks TLS or not.
pub(crate) fn url(listener: &TcpListener, secure: bool) -> Result<String> {
    let scheme = if secure { "https" } else { "http" };
    let address = listener.local_addr();
    let address = address.context("cannot read the listener's address")?;
    Ok(format!("{scheme}://{address}"))
}

/// An address to try instead.
fn another(address: &str) -> String {
    match address
        .rsplit_once(':')
        .map(|(host, port)| (host, port.parse::<u16>()))
    {
        Some((host, Ok(port))) => format!(
            "{host}:{}",
            if port < 1024 {
                3000
            } else {
                port.saturating_add(100)
            }
        ),
        _ => "127.0.0.1:3100".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_another_to_try() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let text = bind(&address.to_string(), "--listen")
            .await
            .unwrap_err()
            .to_string();
        let other = format!("--listen 127.0.0.1:{}", address.port().saturating_add(100));
        for part in [
            &address.port().to_string(),
            "perhaps another spindrift",
            &other,
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_is_answered_with_one_that_is() {
        let text = bind("3000", "--listen").await.unwrap_err().to_string();
        assert!(text.contains("--listen 127.0.0.1:3000"), "{text}");
    }
}
