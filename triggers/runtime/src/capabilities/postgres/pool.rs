//! Sessions with PostgreSQL, from a pool for each server address that functions name.

use std::io;
use std::sync::Arc;

use deadpool::managed::{self, Metrics as Uses, RecycleError, RecycleResult, TimeoutType};
use spindrift_database::Target;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Postgres;
use super::convert::describe;
use super::lent::Lent;
use super::session::Session;
use crate::capabilities::outbound_http;
use crate::capabilities::pools::{self, Driver};
use crate::networks::BlockedNetworks;

pub(super) type Tls = MakeRustlsConnect;

/// All pools of the process.
pub(crate) type Pools = pools::Pools<Postgres>;

/// A component's way to its pools.
pub(crate) type Grant = pools::Grant<Postgres>;

/// What tells one pool from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The address, as the function gave it.
    pub(super) address: String,
    /// Certificates trusted beside the well-known ones, PEM.
    pub(super) roots: Option<String>,
}

impl Grant {
    /// Lends a session. The error is for the guest, in words without secrets.
    pub(super) async fn lend(&self, key: &Key) -> Result<Lent, String> {
        let (object, pool) = self.borrow(key).await?;
        let tls = pool.manager().target.tls.clone();
        Ok(Lent::new(object, tls, self.metrics().cleanings.clone()))
    }
}

impl Driver for Postgres {
    type Key = Key;
    type Error = NotMade;
    type Connector = Connector;

    fn connector(
        key: &Key,
        hosts: &outbound_http::Grant,
        blocked: Arc<BlockedNetworks>,
    ) -> Result<Connector, String> {
        let target = Target::parse_trusting(&key.address, key.roots.as_deref())
            .map_err(|e| e.to_string())?;
        check(hosts, &target.config)?;
        Ok(Connector { target, blocked })
    }

    fn is_wait(_: TimeoutType) -> bool {
        true
    }

    fn describe(error: &NotMade) -> String {
        match error {
            NotMade::Refused(error) => describe(error),
            NotMade::Unreachable(error) => error.to_string(),
        }
    }
}

fn check(hosts: &outbound_http::Grant, config: &Config) -> Result<(), String> {
    if !config.get_hostaddrs().is_empty() {
        return Err("functions reach PostgreSQL by host name: leave `hostaddr` out".into());
    }
    let ports = config.get_ports();
    for (at, host) in config.get_hosts().iter().enumerate() {
        let Host::Tcp(host) = host else {
            return Err("functions reach PostgreSQL by TCP: give a host name, not a socket".into());
        };
        let port = ports.get(at).or(ports.first()).copied();
        hosts.check("postgres", host, port.or(Some(5432)))?;
    }
    Ok(())
}

/// Makes sessions.
pub(crate) struct Connector {
    target: Target,
    blocked: Arc<BlockedNetworks>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    /// The driver says so, or the server.
    #[error(transparent)]
    Refused(#[from] tokio_postgres::Error),
    /// The server has no address that may be reached.
    #[error(transparent)]
    Unreachable(#[from] io::Error),
}

// What a connector holds is not for logs.
impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl Connector {
    /// The servers, each at an address that is not blocked. TLS still goes by their names.
    async fn reachable(&self) -> io::Result<Config> {
        let mut config = self.target.config.clone();
        if self.blocked.is_empty() {
            return Ok(config);
        }
        for host in self.target.config.get_hosts() {
            if let Host::Tcp(host) = host {
                // The driver takes one address for each name, and its port from elsewhere.
                let found = self.blocked.resolve(host, 0).await?;
                if let Some(first) = found.first() {
                    config.hostaddr(first.ip());
                }
            }
        }
        Ok(config)
    }
}

impl managed::Manager for Connector {
    type Type = Session;
    type Error = NotMade;

    async fn create(&self) -> Result<Session, NotMade> {
        let config = self.reachable().await?;
        let (client, connection) = config.connect(self.target.tls.clone()).await?;
        // Ends when the client is dropped or the server goes away; the session
        // then says that it is closed.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = describe(&error), "database connection ended");
            }
        });
        Ok(Session::new(client))
    }

    async fn recycle(&self, session: &mut Session, _: &Uses) -> RecycleResult<NotMade> {
        if session.is_usable() {
            Ok(())
        } else {
            Err(RecycleError::message("closed"))
        }
    }
}
