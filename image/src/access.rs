//! How registries are spoken to.

use std::time::Duration;

use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::{Client, Reference};

use crate::credentials::Credentials;
use crate::reference::is_loopback;

/// How a registry is spoken to.
#[derive(Clone, Debug)]
pub struct Access {
    /// Who speaks.
    pub credentials: Credentials,
    /// Without TLS. A registry on this machine is spoken to without it anyway.
    pub insecure: bool,
}

/// A client for the registry of a name.
pub(crate) fn client(reference: &Reference, access: &Access) -> Client {
    // Somebody may have chosen before: then that one is used.
    _ = rustls::crypto::ring::default_provider().install_default();
    let registry = reference.resolve_registry();
    Client::new(ClientConfig {
        protocol: match access.insecure || is_loopback(registry) {
            true => ClientProtocol::Http,
            false => ClientProtocol::Https,
        },
        // One request for a blob: what every registry takes.
        use_monolithic_push: true,
        connect_timeout: Some(Duration::from_secs(10)),
        read_timeout: Some(Duration::from_secs(120)),
        user_agent: concat!("spindrift/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    })
}
