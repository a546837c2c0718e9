//! Statements, each on a connection that is lent for it, and what comes of them.

use std::fmt::Display;

use deadpool::managed::Object;
use spindrift_database::summary;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql, Type};

use super::PostgresStore;
use super::pool::{Connector, PATIENCE};

impl PostgresStore {
    /// Answers rows.
    pub(super) async fn rows(
        &self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<Vec<Row>, String> {
        let client = self.lend().await?;
        let rows = timeout(PATIENCE, client.query_typed(sql, params)).await;
        self.end(client, rows)
    }

    /// Answers how many rows were written, which are committed then.
    pub(super) async fn write(
        &self,
        sql: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> Result<u64, String> {
        let client = self.lend().await?;
        let written = timeout(PATIENCE, client.execute_typed(sql, params)).await;
        self.end(client, written)
    }

    /// Takes a connection from the pool.
    pub(super) async fn lend(&self) -> Result<Object<Connector>, String> {
        let lent = self.server.lend().await;
        lent.map_err(|reason| self.failed(&reason))
    }

    /// What came of a statement. A connection without an answer is given up.
    pub(super) fn end<T>(
        &self,
        client: Object<Connector>,
        answer: Result<Result<T, tokio_postgres::Error>, Elapsed>,
    ) -> Result<T, String> {
        match answer {
            Ok(answer) => answer.map_err(|error| self.failed(&summary(&error))),
            Err(_) => {
                drop(Object::take(client));
                Err(self.failed(
                    &"the server did not answer in time; whether it did what was asked is not known",
                ))
            }
        }
    }

    /// What a row has there.
    pub(super) fn column<'r, T: FromSql<'r>>(&self, row: &'r Row, at: usize) -> Result<T, String> {
        row.try_get(at)
            .map_err(|error| self.failed(&summary(&error)))
    }

    fn failed(&self, reason: &dyn Display) -> String {
        format!("key-value store \"{}\": {reason}", self.label)
    }
}
