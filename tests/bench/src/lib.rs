//! What the native peers share: the log that every side of a comparison writes.

use std::io::stderr;
use std::net::SocketAddr;
use std::time::Instant;

use anyhow::{Context, Result};
use http::{Method, StatusCode};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Logs as `spindrift` does where its standard error is a file: a JSON object a line.
pub fn start_log() {
    tracing_subscriber::fmt()
        .with_writer(stderr)
        .json()
        .flatten_event(true)
        .init();
}

/// Listens on the address that is the program's one argument.
///
/// # Errors
///
/// There is no argument, it is no address, or the address is taken.
pub async fn listen() -> Result<TcpListener> {
    let address: SocketAddr = std::env::args()
        .nth(1)
        .context("say where to listen, such as 127.0.0.1:3000")?
        .parse()
        .context("the first argument is no address such as 127.0.0.1:3000")?;
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}

/// A request under way, with an id of its own.
pub struct Logged {
    id: String,
    method: Method,
    path: String,
    began: Instant,
}

impl Logged {
    /// The request has arrived.
    pub fn begin(method: &Method, path: &str) -> Self {
        Self {
            id: Uuid::now_v7().simple().to_string(),
            method: method.clone(),
            path: path.to_owned(),
            began: Instant::now(),
        }
    }

    /// The request's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Writes the request's line.
    pub fn end(&self, route: &str, status: StatusCode, bytes: u64) {
        let duration = self.began.elapsed();
        tracing::info!(
            target: "http",
            method = self.method.as_str(),
            path = self.path,
            route,
            status = status.as_u16(),
            duration_ms = (duration.as_secs_f64() * 1e6).round() / 1e3,
            bytes,
            request_id = self.id,
            "request"
        );
    }
}
