//! How callers' connections are treated.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Args;
use spindrift_http::{ServeOptions, Tls};

use super::duration;

/// How callers' connections are treated.
#[derive(Args, Debug)]
pub(crate) struct ConnectionArgs {
    /// Connections open at once; who comes then waits until one is closed.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..),
        env = "SPINDRIFT_MAX_CONNECTIONS"
    )]
    max_connections: u32,
    /// Requests on one connection; then it is closed in good order.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(1..),
        env = "SPINDRIFT_MAX_REQUESTS_PER_CONNECTION"
    )]
    max_requests_per_connection: u32,
    /// How long a connection may take for the head of a request, from its opening or from the
    /// end of the request before.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration,
        env = "SPINDRIFT_HEADER_TIMEOUT"
    )]
    header_timeout: Duration,
    #[command(flatten)]
    tls: TlsArgs,
}

impl ConnectionArgs {
    /// Whether callers are to be greeted by TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.tls_cert.is_some()
    }

    /// What the listener is told.
    pub(crate) fn options(&self) -> Result<ServeOptions> {
        let connections = usize::try_from(self.max_connections).unwrap_or(usize::MAX);
        Ok(ServeOptions {
            connections,
            requests: self.max_requests_per_connection,
            header_timeout: self.header_timeout,
            tls: self.tls.load()?,
            ..ServeOptions::default()
        })
    }
}

/// How callers are greeted.
#[derive(Args, Debug)]
struct TlsArgs {
    /// Speak TLS, with HTTP/2 and HTTP/1.1: the file with the certificate and those that vouch for
    /// it, in PEM. It and the key are read again when they change.
    #[arg(long, value_name = "FILE", requires = "tls_key", env = "SPIN_TLS_CERT")]
    tls_cert: Option<PathBuf>,
    /// The file with the certificate's key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert", env = "SPIN_TLS_KEY")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// What listeners are to greet with, if they are to speak TLS.
    fn load(&self) -> Result<Option<Tls>> {
        let files = self.tls_cert.as_ref().zip(self.tls_key.as_ref());
        let loaded = files.map(|(certificate, key)| Tls::load(certificate, key));
        loaded.transpose().context("--tls-cert and --tls-key")
    }
}
