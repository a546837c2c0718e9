//! One server connection: its statements, the order of its calls, and what must
//! be done before it may go to another function.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use futures::poll;
use lru::LruCache;
use tokio::sync::Mutex;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, RowStream, Statement};

use super::pool::Tls;
use super::statement::{Effect, effect};
use super::types::{Param, columns};
use crate::bindings::spin::postgres4_2_0::postgres::Column;
use crate::passage::{Passage, come_past};

/// Statements that a session keeps prepared. The least recently used one goes.
const PREPARED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// How long cleaning may take before the connection is given up.
const CLEANING: Duration = Duration::from_secs(5);

/// A server connection.
pub(crate) struct Session {
    client: Client,
    lane: Mutex<Lane>,
    /// Calls whose answer has not been read to its end.
    unfinished: AtomicUsize,
    /// Something may be left in the session.
    residue: AtomicBool,
    /// The connection must not be used again.
    broken: AtomicBool,
}

/// What calls take in turn: whoever holds it may send.
struct Lane {
    statements: LruCache<Box<str>, Arc<Prepared>>,
    in_transaction: bool,
}

/// A prepared statement.
pub(super) struct Prepared {
    statement: Statement,
    effect: Effect,
    /// Its columns, as guests are told.
    pub(super) columns: Vec<Column>,
}

/// A statement that was sent.
pub(super) struct Started {
    pub(super) prepared: Arc<Prepared>,
    pub(super) rows: RowStream,
    /// A transaction ends with it: that of the session, or its own.
    pub(super) ends_transaction: bool,
}

impl Session {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            lane: Mutex::new(Lane {
                statements: LruCache::new(PREPARED),
                in_transaction: false,
            }),
            unfinished: AtomicUsize::new(0),
            residue: AtomicBool::new(false),
            broken: AtomicBool::new(false),
        }
    }

    /// Starts a statement and answers its rows.
    ///
    /// Calls reach the server in the order in which they were made, and none
    /// waits for the answers of those before it: a transaction whose statements
    /// are started together costs one round trip.
    pub(super) async fn start(
        &self,
        sql: &str,
        params: Vec<Param>,
    ) -> Result<Started, tokio_postgres::Error> {
        let mut lane = self.lane.lock().await;
        let prepared = lane.prepare(&self.client, sql).await?;
        match prepared.effect {
            Effect::Plain => {}
            Effect::Begin => lane.in_transaction = true,
            Effect::End => lane.in_transaction = false,
            Effect::Residue => self.residue.store(true, Ordering::Relaxed),
        }
        let ends_transaction = !lane.in_transaction;
        if ends_transaction {
            come_past(Passage::TransactionEnding);
        }
        let rows = {
            let mut query = pin!(self.client.query_raw(&prepared.statement, params));
            // The first poll sends; the next call may send from then on.
            let sent = poll!(query.as_mut());
            drop(lane);
            match sent {
                Poll::Ready(rows) => rows?,
                Poll::Pending => query.await?,
            }
        };
        Ok(Started {
            prepared,
            rows,
            ends_transaction,
        })
    }

    /// A call begins. Until [`Self::ended`], the server may be at work on it.
    pub(super) fn began(&self) {
        self.unfinished.fetch_add(1, Ordering::Relaxed);
    }

    /// A call was answered to its end.
    pub(super) fn ended(&self) {
        self.unfinished.fetch_sub(1, Ordering::Relaxed);
    }

    /// A call failed. Some errors mean that what this connection has prepared no
    /// longer fits the schema.
    pub(super) fn failed(&self, error: &tokio_postgres::Error) {
        if matches!(
            error.code(),
            Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME)
        ) {
            self.broken.store(true, Ordering::Relaxed);
        }
    }

    /// Whether another function may have it as it is.
    pub(super) fn is_clean(&mut self) -> bool {
        !self.lane.get_mut().in_transaction
            && *self.unfinished.get_mut() == 0
            && !*self.residue.get_mut()
            && !*self.broken.get_mut()
    }

    /// Whether it can be used at all.
    pub(super) fn is_usable(&self) -> bool {
        !self.client.is_closed() && !self.broken.load(Ordering::Relaxed)
    }

    /// Takes back whatever a function left: a running statement, a transaction
    /// however begun, settings, role, locks, cursors, listeners, temporary
    /// tables, prepared statements. False when the connection must be given up.
    pub(super) async fn clean(&mut self, tls: Tls) -> bool {
        if !self.is_usable() {
            return false;
        }
        let cleaned = tokio::time::timeout(CLEANING, async {
            if *self.unfinished.get_mut() > 0 {
                // It may have ended by now: then there is nothing to cancel.
                _ = self.client.cancel_token().cancel_query(tls).await;
            }
            let residue = *self.residue.get_mut();
            if residue || self.lane.get_mut().in_transaction {
                self.client.batch_execute("ROLLBACK").await?;
            } else {
                // A cancellation that came late hits this, not the next borrower.
                self.client.batch_execute("SELECT 1").await?;
            }
            if residue {
                self.client.batch_execute("DISCARD ALL").await?;
                // To the role that the connection asked for when it was made,
                // which DISCARD ALL does not know of.
                self.client.batch_execute("RESET ROLE").await?;
                self.lane.get_mut().statements.clear();
            }
            Ok::<_, tokio_postgres::Error>(())
        })
        .await;
        self.lane.get_mut().in_transaction = false;
        *self.unfinished.get_mut() = 0;
        *self.residue.get_mut() = false;
        matches!(cleaned, Ok(Ok(())))
    }
}

impl Lane {
    async fn prepare(
        &mut self,
        client: &Client,
        sql: &str,
    ) -> Result<Arc<Prepared>, tokio_postgres::Error> {
        if let Some(prepared) = self.statements.get(sql) {
            return Ok(prepared.clone());
        }
        let statement = client.prepare(sql).await?;
        let prepared = Arc::new(Prepared {
            columns: columns(statement.columns()),
            effect: effect(sql),
            statement,
        });
        self.statements.put(sql.into(), prepared.clone());
        Ok(prepared)
    }
}
