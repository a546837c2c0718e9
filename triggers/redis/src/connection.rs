//! Connections to a server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Cmd, RedisError, Value};
use spindrift_database::tls;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;

use crate::{Address, Error};

/// How long a server may take to be connected to, and to answer.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// A connection on which several send commands at once. Clones are the same one, which
/// ends with the last of them.
#[derive(Clone)]
pub struct Connection {
    commands: MultiplexedConnection,
    /// Reads and writes, for as long as the server does not hang up.
    driver: Arc<AbortOnDropHandle<()>>,
}

impl Connection {
    /// Whether the server has not hung up yet.
    pub fn is_open(&self) -> bool {
        !self.driver.is_finished()
    }

    /// Whether both are the same connection.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.driver, &other.driver)
    }

    /// Sends a command and waits for its answer, for `patience` at the most. What the
    /// server refuses is a [`Value::ServerError`].
    ///
    /// # Errors
    ///
    /// The connection failed, or the time is up. Whether the command was carried out is
    /// not known.
    pub async fn send(&self, command: &Cmd, patience: Duration) -> Result<Value, RedisError> {
        let mut commands = self.commands.clone();
        timeout(patience, commands.send_packed_command(command))
            .await
            .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut).into()))
    }
}

/// What a connection is made over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

impl Address {
    /// Connects and signs in, at one of `places`, or wherever the host is when there are
    /// none.
    ///
    /// # Errors
    ///
    /// [`Error::Connect`] or [`Error::Silent`], after [`PATIENCE`] at the most.
    pub async fn connect(&self, places: &[SocketAddr]) -> Result<Connection, Error> {
        let connected = async {
            let stream = self.open(places).await?;
            // Whoever sends says how long the answer may take.
            let config = AsyncConnectionConfig::new().set_response_timeout(None);
            MultiplexedConnection::new_with_config(self.settings(), stream, config).await
        };
        let (commands, driver) = self.in_time(connected).await?;
        let driver = AbortOnDropHandle::new(tokio::spawn(driver));
        Ok(Connection {
            commands,
            driver: Arc::new(driver),
        })
    }

    /// Connects, signs in and subscribes to a channel.
    ///
    /// # Errors
    ///
    /// As [`Self::connect`].
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<PubSub, Error> {
        let subscribed = async {
            let stream = self.open(&[]).await?;
            let mut messages = PubSub::new(self.settings(), stream).await?;
            messages.subscribe(channel).await?;
            Ok::<_, RedisError>(messages)
        };
        self.in_time(subscribed).await
    }

    /// That there is no way to the server, and why.
    pub fn unreachable(&self, reason: &io::Error) -> Error {
        Error::Connect {
            server: self.to_string(),
            reason: reason.to_string(),
        }
    }

    /// That the server does not answer.
    pub fn silent(&self) -> Error {
        Error::Silent {
            server: self.to_string(),
        }
    }

    async fn in_time<T>(
        &self,
        connecting: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, Error> {
        match timeout(PATIENCE, connecting).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(Error::Connect {
                server: self.to_string(),
                reason: error.to_string(),
            }),
            Err(_) => Err(self.silent()),
        }
    }

    async fn open(&self, places: &[SocketAddr]) -> io::Result<Box<dyn Stream>> {
        let stream = match places {
            [] => TcpStream::connect((self.host(), self.port())).await?,
            places => TcpStream::connect(places).await?,
        };
        stream.set_nodelay(true)?;
        if !self.has_tls() {
            return Ok(Box::new(stream));
        }
        let name = ServerName::try_from(self.host().to_owned()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(tls::client().map_err(io::Error::other)?);
        Ok(Box::new(connector.connect(name, stream).await?))
    }
}
