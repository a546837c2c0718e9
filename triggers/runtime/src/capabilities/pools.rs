//! Pools of database sessions: one for each server that functions name, shared by all of
//! them, each let in by its own grant.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool::managed::{Manager, Object, Pool, PoolError, TimeoutType};

use super::outbound_http;
use crate::metrics::DatabaseMetrics;
use crate::networks::BlockedNetworks;

/// How long a function waits for a free connection, and for a new one.
const WAIT: Duration = Duration::from_secs(5);

/// A kind of database.
pub(crate) trait Driver {
    /// What tells one pool from another.
    type Key: Clone + Eq + Hash;
    /// Why there is no session.
    type Error: Display;
    /// Makes sessions.
    type Connector: Manager<Error = Self::Error> + 'static;

    /// What makes sessions with the server that a key names, if the component may reach it.
    fn connector(
        key: &Self::Key,
        hosts: &outbound_http::Grant,
        blocked: Arc<BlockedNetworks>,
    ) -> Result<Self::Connector, String>;

    /// Whether a time-out is told, and counted, as one of waiting for a free session.
    fn is_wait(timeout: TimeoutType) -> bool;

    /// An error in words without secrets, for the guest.
    fn describe(error: &Self::Error) -> String;
}

type Opened<D> = Mutex<HashMap<<D as Driver>::Key, Pool<<D as Driver>::Connector>>>;

/// All pools of the process.
pub(crate) struct Pools<D: Driver>(Arc<Shared<D>>);

struct Shared<D: Driver> {
    /// Connections that each pool may hold.
    size: usize,
    metrics: DatabaseMetrics,
    blocked: Arc<BlockedNetworks>,
    pools: Opened<D>,
}

/// A component's way to its pools.
#[derive(Clone)]
pub(crate) struct Grant<D: Driver> {
    shared: Arc<Shared<D>>,
    hosts: Arc<outbound_http::Grant>,
    /// The pools that this component was let into.
    opened: Arc<Opened<D>>,
}

impl<D: Driver> Pools<D> {
    pub(crate) fn new(
        size: usize,
        metrics: DatabaseMetrics,
        blocked: Arc<BlockedNetworks>,
    ) -> Self {
        Self(Arc::new(Shared {
            size,
            metrics,
            blocked,
            pools: Mutex::default(),
        }))
    }

    pub(crate) fn grant(&self, hosts: Arc<outbound_http::Grant>) -> Grant<D> {
        Grant {
            shared: self.0.clone(),
            hosts,
            opened: Arc::default(),
        }
    }
}

impl<D: Driver> Grant<D> {
    pub(super) fn metrics(&self) -> &DatabaseMetrics {
        &self.shared.metrics
    }

    /// Borrows a session, and says which pool it is of. The error is for the guest, in words
    /// without secrets.
    pub(super) async fn borrow(
        &self,
        key: &D::Key,
    ) -> Result<(Object<D::Connector>, Pool<D::Connector>), String> {
        let pool = self.pool(key)?;
        let object = pool.get().await.map_err(|error| self.explain(error))?;
        Ok((object, pool))
    }

    fn explain(&self, error: PoolError<D::Error>) -> String {
        match error {
            PoolError::Timeout(timeout) if D::is_wait(timeout) => {
                self.shared.metrics.wait_timeouts.inc();
                format!(
                    "no database connection became free within {} s",
                    WAIT.as_secs()
                )
            }
            PoolError::Timeout(_) => {
                format!(
                    "the database server did not answer within {} s",
                    WAIT.as_secs()
                )
            }
            PoolError::Backend(error) => D::describe(&error),
            error => error.to_string(),
        }
    }

    fn pool(&self, key: &D::Key) -> Result<Pool<D::Connector>, String> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = opened.get(key) {
            return Ok(pool.clone());
        }
        let connector = D::connector(key, &self.hosts, self.shared.blocked.clone())?;
        let pool = self.shared.pool(key, connector)?;
        opened.insert(key.clone(), pool.clone());
        Ok(pool)
    }
}

impl<D: Driver> Shared<D> {
    fn pool(&self, key: &D::Key, connector: D::Connector) -> Result<Pool<D::Connector>, String> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = pools.get(key) {
            return Ok(pool.clone());
        }
        let pool = Pool::builder(connector)
            .max_size(self.size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(WAIT))
            .create_timeout(Some(WAIT))
            .recycle_timeout(Some(WAIT))
            .build()
            .map_err(|e| e.to_string())?;
        let counted = pool.clone();
        self.metrics.connections.count(move || counted.status());
        pools.insert(key.clone(), pool.clone());
        Ok(pool)
    }
}
