//! Connections to servers: to an address that was checked, as whom the component is told to
//! be.

use std::io;

use http::Uri;
use http::uri::Scheme;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::client_tls::Identity;
use crate::networks::BlockedNetworks;

/// A server, as a URL names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// By TLS.
    pub(super) secure: bool,
    pub(super) host: String,
    port: u16,
}

impl Place {
    /// The server of a URL, if that has one.
    pub(super) fn of(uri: &Uri) -> Option<Self> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        Some(Self {
            secure,
            host: uri.host()?.to_ascii_lowercase(),
            port: uri.port_u16().unwrap_or(if secure { 443 } else { 80 }),
        })
    }
}

/// What requests are sent on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection to a server, for one request at a time. It is closed when it is dropped.
pub(super) struct Connection {
    sender: SendRequest<WasiBody>,
    /// Reads and writes, and notices when the server hangs up.
    driven: AbortOnDropHandle<hyper::Result<()>>,
}

impl Connection {
    /// Begins to speak HTTP.
    pub(super) async fn over(stream: Box<dyn Stream>) -> Result<Self, hyper::Error> {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let driven = AbortOnDropHandle::new(tokio::spawn(connection));
        Ok(Self { sender, driven })
    }

    /// What sends on it.
    pub(super) fn sender(&mut self) -> &mut SendRequest<WasiBody> {
        &mut self.sender
    }

    /// Whether it is open, and done with the requests before.
    pub(super) fn is_ready(&self) -> bool {
        self.sender.is_ready()
    }

    /// Closes it, and waits until that is done.
    pub(super) async fn close(self) {
        self.driven.abort();
        // How it ended is known.
        _ = self.driven.await;
    }

    /// Waits until it has ended by itself, and tells how.
    pub(super) async fn ended(self) -> Result<(), Error> {
        let ended = self.driven.await;
        ended
            .map_err(|_| Error::ConnectionTerminated)?
            .map_err(Error::from)
    }
}

/// Opens a connection. A name is looked up first, and what it comes to is checked.
pub(super) async fn open(
    place: &Place,
    blocked: &BlockedNetworks,
    identity: Option<&Identity>,
    function: &str,
) -> Result<Connection, Error> {
    let found = blocked.resolve(&place.host, place.port).await;
    let addresses = found.map_err(|error| {
        if error.kind() == io::ErrorKind::PermissionDenied {
            tracing::warn!(function, "{error}");
            return Error::DestinationIpProhibited;
        }
        Error::Connect(error)
    })?;
    let stream = TcpStream::connect(&addresses[..]);
    let stream = stream.await.map_err(Error::Connect)?;
    // A connection that is not new would hold back what is small, a body behind its head
    // say, until the server has acknowledged what went before.
    stream.set_nodelay(true).map_err(Error::Connect)?;
    let stream: Box<dyn Stream> = match place.secure {
        true => Box::new(secured(stream, &place.host, identity).await?),
        false => Box::new(stream),
    };
    Ok(Connection::over(stream).await?)
}

async fn secured(
    stream: TcpStream,
    host: &str,
    identity: Option<&Identity>,
) -> Result<TlsStream<TcpStream>, Error> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(bare.to_owned())?;
    let config = match identity {
        Some(identity) => identity.config(),
        None => spindrift_database::tls::client()
            .map_err(|error| Error::Tls(io::Error::other(error.to_string())))?,
    };
    let stream = TlsConnector::from(config).connect(name, stream);
    stream.await.map_err(Error::Tls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &'static str) -> Option<Place> {
        Place::of(&Uri::from_static(url))
    }

    #[test]
    fn a_server_is_the_same_by_whatever_path_it_is_asked_for() {
        let plain = place("http://example.com/a?b").unwrap();
        assert_eq!(Some(plain.clone()), place("http://EXAMPLE.com:80/"));
        for other in [
            "https://example.com/",
            "https://example.com:80/",
            "http://example.com:81/",
            "http://example.org/",
        ] {
            assert_ne!(Some(plain.clone()), place(other), "{other}");
        }
        assert_eq!(place("/path"), None);
    }
}
