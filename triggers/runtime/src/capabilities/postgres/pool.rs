//! Pools of sessions, one for each server address that functions name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{self, Metrics as Uses, Pool, PoolError, RecycleError, RecycleResult};
use spindrift_database::Target;
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::convert::describe;
use super::lent::Lent;
use super::session::Session;
use crate::capabilities::outbound_http;
use crate::metrics::DatabaseMetrics;

/// How long a function waits for a free connection, and for a new one.
const WAIT: Duration = Duration::from_secs(5);

pub(super) type Tls = MakeRustlsConnect;

/// All pools of the process.
pub(crate) struct Pools(Arc<Shared>);

struct Shared {
    /// Connections that each pool may hold.
    size: usize,
    metrics: DatabaseMetrics,
    pools: Mutex<HashMap<Key, Pool<Connector>>>,
}

/// What tells one pool from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The address, as the function gave it.
    pub(super) address: String,
    /// Certificates trusted beside the well-known ones, PEM.
    pub(super) roots: Option<String>,
}

/// A component's way to its pools.
#[derive(Clone)]
pub(crate) struct Grant {
    shared: Arc<Shared>,
    hosts: Arc<outbound_http::Grant>,
    /// The pools that this component was let into.
    opened: Arc<Mutex<HashMap<Key, Pool<Connector>>>>,
}

impl Pools {
    pub(crate) fn new(size: usize, metrics: DatabaseMetrics) -> Self {
        Self(Arc::new(Shared {
            size,
            metrics,
            pools: Mutex::default(),
        }))
    }

    pub(crate) fn grant(&self, hosts: Arc<outbound_http::Grant>) -> Grant {
        Grant {
            shared: self.0.clone(),
            hosts,
            opened: Arc::default(),
        }
    }
}

impl Grant {
    /// Lends a session. The error is for the guest, in words without secrets.
    pub(super) async fn lend(&self, key: &Key) -> Result<Lent, String> {
        let pool = self.pool(key)?;
        let object = pool.get().await.map_err(|error| match error {
            PoolError::Timeout(_) => {
                self.shared.metrics.wait_timeouts.inc();
                format!(
                    "no database connection became free within {} s",
                    WAIT.as_secs()
                )
            }
            PoolError::Backend(error) => describe(&error),
            error => error.to_string(),
        })?;
        Ok(Lent::new(
            object,
            pool.manager().0.tls.clone(),
            self.shared.metrics.cleanings.clone(),
        ))
    }

    fn pool(&self, key: &Key) -> Result<Pool<Connector>, String> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = opened.get(key) {
            return Ok(pool.clone());
        }
        let target = Target::parse_trusting(&key.address, key.roots.as_deref())
            .map_err(|e| e.to_string())?;
        self.check(&target.config)?;
        let pool = self.shared.pool(key, target)?;
        opened.insert(key.clone(), pool.clone());
        Ok(pool)
    }

    fn check(&self, config: &Config) -> Result<(), String> {
        if !config.get_hostaddrs().is_empty() {
            return Err("functions reach PostgreSQL by host name: leave `hostaddr` out".into());
        }
        let ports = config.get_ports();
        for (at, host) in config.get_hosts().iter().enumerate() {
            let Host::Tcp(host) = host else {
                return Err(
                    "functions reach PostgreSQL by TCP: give a host name, not a socket".into(),
                );
            };
            let port = ports.get(at).or(ports.first()).copied();
            self.hosts.check("postgres", host, port.or(Some(5432)))?;
        }
        Ok(())
    }
}

impl Shared {
    fn pool(&self, key: &Key, target: Target) -> Result<Pool<Connector>, String> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(key) {
            return Ok(pool.clone());
        }
        let pool = Pool::builder(Connector(target))
            .max_size(self.size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .build()
            .map_err(|e| e.to_string())?;
        self.metrics.connections.count(pool.clone());
        pools.insert(key.clone(), pool.clone());
        Ok(pool)
    }
}

/// Makes sessions.
pub(super) struct Connector(Target);

// What a connector holds is not for logs.
impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}

impl managed::Manager for Connector {
    type Type = Session;
    type Error = tokio_postgres::Error;

    async fn create(&self) -> Result<Session, tokio_postgres::Error> {
        let (client, connection) = self.0.config.connect(self.0.tls.clone()).await?;
        // Ends when the client is dropped or the server goes away; the session
        // then says that it is closed.
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(error = describe(&error), "database connection ended");
            }
        });
        Ok(Session::new(client))
    }

    async fn recycle(
        &self,
        session: &mut Session,
        _: &Uses,
    ) -> RecycleResult<tokio_postgres::Error> {
        if session.is_usable() {
            Ok(())
        } else {
            Err(RecycleError::message("closed"))
        }
    }
}
