//! A connection of the relay's, and its statements.

use std::collections::HashMap;

use spindrift_database::Target;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use crate::error::RelayError;

/// Ends a session whose relay is gone without a word within seconds, and lets nothing
/// that the relay waits for hold it up for good. What it marks as published may be
/// lost in a crash of the server: the row is then taken again.
///
/// A queue is empty one moment and long the next, so what PostgreSQL counted in it
/// says nothing: statements are planned once, and by the indexes, which fit both.
const SETTINGS: &str = "SET application_name = 'spindrift relay'; \
    SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; \
    SET synchronous_commit = off; SET jit = off; SET plan_cache_mode = force_generic_plan; \
    SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_sort = off";

/// A connection that prepares each statement once.
pub struct Session {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

/// Parameters of a statement, `$1` first.
pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Session {
    pub(crate) async fn open(target: &Target) -> Result<Self, RelayError> {
        Self::of(target.connect().await?).await
    }

    /// Of a connection that is there already.
    pub(crate) async fn of(client: Client) -> Result<Self, RelayError> {
        client.batch_execute(SETTINGS).await?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
        })
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Vec<Row>, RelayError> {
        let statement = self.prepare(sql).await?;
        Ok(self.client.query(&statement, params).await?)
    }

    /// The one row that a statement always has.
    pub(crate) async fn row(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<Row, RelayError> {
        let statement = self.prepare(sql).await?;
        Ok(self.client.query_one(&statement, params).await?)
    }

    /// How many rows a statement touched.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        params: Params<'_>,
    ) -> Result<u64, RelayError> {
        let statement = self.prepare(sql).await?;
        Ok(self.client.execute(&statement, params).await?)
    }

    async fn prepare(&mut self, sql: &'static str) -> Result<Statement, RelayError> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql).await?;
        self.prepared.insert(sql, statement.clone());
        Ok(statement)
    }
}
