//! The HTTP client of the tests.

use reqwest::{Client, ClientBuilder};

/// A new one.
pub fn client() -> Client {
    client_builder().build().unwrap_or_default()
}

/// What one is made of. The program's features give every client of the workspace TLS,
/// and none of them chooses the cryptography by itself.
pub fn client_builder() -> ClientBuilder {
    // It fails where it is chosen already.
    _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
}
