//! Connections to a PostgreSQL that stores are in, and the table there.

use std::sync::OnceLock;
use std::time::Duration;

use deadpool::managed::{
    self, Metrics as Uses, Object, Pool, PoolError, RecycleError, RecycleResult, TimeoutType,
};
use spindrift_database::{Error, Target, summary};
use tokio_postgres::Client;

use crate::metrics::DatabaseMetrics;

/// How long a store waits for a free connection, for a new one, and for an answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// One message, and with that one transaction. Two processes that begin at once make the
/// table one after the other: `IF NOT EXISTS` alone lets the second one fail. The order of
/// keys is that of their bytes, as in a file.
const TABLE: &str = r#"
    SELECT pg_advisory_xact_lock(hashtextextended('spindrift_key_value', 0));
    CREATE TABLE IF NOT EXISTS spindrift_key_value (
        store text COLLATE "C" NOT NULL,
        key text COLLATE "C" NOT NULL,
        value bytea NOT NULL,
        PRIMARY KEY (store, key)
    )"#;

/// A server, and the connections to it. They are made when somebody asks.
pub(crate) struct Server {
    target: Target,
    /// Connections at the most.
    size: usize,
    metrics: DatabaseMetrics,
    pool: OnceLock<Pool<Connector>>,
}

/// Makes connections.
pub(super) struct Connector(Target);

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotMade {
    /// The server is not there, or lets nobody in.
    #[error(transparent)]
    Connect(#[from] Error),
    /// The server has no such table, and makes none.
    #[error("the table spindrift_key_value cannot be made: {}", summary(.0))]
    Table(#[from] tokio_postgres::Error),
}

impl Server {
    pub(crate) fn new(target: Target, size: usize, metrics: DatabaseMetrics) -> Self {
        Self {
            target,
            size,
            metrics,
            pool: OnceLock::new(),
        }
    }

    /// Lends a connection. The error is in words without secrets.
    pub(super) async fn lend(&self) -> Result<Object<Connector>, String> {
        let lent = self.pool()?.get().await;
        lent.map_err(|error| self.explain(error))
    }

    fn pool(&self) -> Result<&Pool<Connector>, String> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool);
        }
        let pool = Pool::builder(Connector(self.target.clone()))
            .max_size(self.size)
            .runtime(deadpool::Runtime::Tokio1)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .recycle_timeout(Some(PATIENCE))
            .build()
            .map_err(|error| error.to_string())?;
        Ok(self.pool.get_or_init(|| {
            let counted = pool.clone();
            self.metrics.connections.count(move || counted.status());
            pool
        }))
    }

    fn explain(&self, error: PoolError<NotMade>) -> String {
        let seconds = PATIENCE.as_secs();
        match error {
            PoolError::Timeout(TimeoutType::Wait) => {
                self.metrics.wait_timeouts.inc();
                format!("no database connection became free within {seconds} s")
            }
            PoolError::Timeout(_) => {
                format!("the database server did not answer within {seconds} s")
            }
            PoolError::Backend(error) => error.to_string(),
            error => error.to_string(),
        }
    }
}

impl managed::Manager for Connector {
    type Type = Client;
    type Error = NotMade;

    async fn create(&self) -> Result<Client, NotMade> {
        // In a box: it is large, and most calls find a connection.
        let client = Box::pin(self.0.connect()).await?;
        // Asked first: whoever may not make a table may find it there.
        let there = "SELECT to_regclass('spindrift_key_value') IS NOT NULL";
        let row = client.query_typed_one(there, &[]).await?;
        if !row.try_get::<_, bool>(0)? {
            client.batch_execute(TABLE).await?;
        }
        Ok(client)
    }

    async fn recycle(&self, client: &mut Client, _: &Uses) -> RecycleResult<NotMade> {
        match client.is_closed() {
            true => Err(RecycleError::message("closed")),
            false => Ok(()),
        }
    }
}

// What a connector holds is not for logs.
impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connector")
    }
}
