//! The HTTP client of the tests.

/// A new one. The program's features give every client of the workspace TLS, and none
/// of them chooses the cryptography by itself.
pub fn client() -> reqwest::Client {
    // It fails where it is chosen already.
    _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
