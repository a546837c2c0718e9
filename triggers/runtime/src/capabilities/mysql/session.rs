//! One server connection: its statements, one after another, and what must be done before
//! it may go to another function.

use std::time::Duration;

use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{ChangeUserOpts, Conn, Opts, Params, QueryResult, Value};

use super::failure::Failure;
use super::types;
use crate::bindings::spin::mysql::mysql::{Column, DbValue, Error};

/// How long cleaning may take before the connection is given up.
const CLEANING: Duration = Duration::from_secs(5);

/// Bytes of an answer, which is in memory whole.
const ANSWER: usize = 64 << 20;

/// What a value takes beside its bytes.
const VALUE: usize = size_of::<DbValue>();

/// `ER_UNSUPPORTED_PS`: a statement that the server runs, and does not prepare.
const UNPREPARABLE: u16 = 1295;

/// A server connection.
pub(crate) struct Session {
    conn: Conn,
    /// Something was asked on it, and may have left something.
    used: bool,
    /// A statement is under way, or was given up in the midst of its answer.
    unfinished: bool,
}

/// What a statement gave.
pub(super) struct Answer {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<DbValue>>,
}

impl Session {
    pub(super) fn new(conn: Conn) -> Self {
        Self {
            conn,
            used: false,
            unfinished: false,
        }
    }

    /// Runs a statement to its end.
    pub(super) async fn ask(&mut self, sql: &str, params: Vec<Value>) -> Result<Answer, Failure> {
        if self.unfinished {
            return Err(Failure::breaking(Error::ConnectionFailed(
                "a statement before this one was given up, and the connection with it: open another one".to_owned(),
            )));
        }
        self.used = true;
        // Whoever drops this in the midst of it leaves it so.
        self.unfinished = true;
        let answer = self.run(sql, params).await;
        self.unfinished = matches!(&answer, Err(failure) if failure.breaks);
        answer
    }

    async fn run(&mut self, sql: &str, params: Vec<Value>) -> Result<Answer, Failure> {
        let statement = match self.conn.prep(sql).await {
            Ok(statement) => statement,
            Err(mysql_async::Error::Server(error))
                if error.code == UNPREPARABLE && params.is_empty() =>
            {
                return read(self.conn.query_iter(sql).await?).await;
            }
            Err(error) => return Err(error.into()),
        };
        // The driver would give the connection up for it.
        let (wanted, given) = (usize::from(statement.num_params()), params.len());
        if wanted != given {
            return Err(Failure::harmless(Error::BadParameter(format!(
                "the statement has {wanted} parameters, and was given {given}"
            ))));
        }
        let params = match params.is_empty() {
            true => Params::Empty,
            false => Params::Positional(params),
        };
        read(self.conn.exec_iter(statement, params).await?).await
    }

    /// Whether another function may have it as it is.
    pub(super) fn is_clean(&self) -> bool {
        !self.used
    }

    /// Asks whether the server is there.
    pub(super) async fn ping(&mut self) -> Result<(), mysql_async::Error> {
        self.conn.ping().await
    }

    /// Takes back whatever a function left: a running statement, a transaction however
    /// begun, settings, variables, the database in use, locks, temporary tables, prepared
    /// statements. False when the connection must be given up.
    pub(super) async fn clean(&mut self) -> bool {
        let cleaned = tokio::time::timeout(CLEANING, async {
            if self.unfinished {
                // The server would go on with it, and keep its locks, until it has an
                // answer that nobody reads.
                _ = kill(self.conn.opts().clone(), self.conn.id()).await;
                return false;
            }
            // Unlike COM_RESET_CONNECTION, this goes back to the address's database.
            let cleaned = self.conn.change_user(ChangeUserOpts::default()).await;
            cleaned.is_ok()
        })
        .await
        .unwrap_or(false);
        self.used = !cleaned;
        cleaned
    }
}

/// Has the server end a session, on a connection beside it.
async fn kill(opts: Opts, id: u32) -> Result<(), mysql_async::Error> {
    let mut beside = Conn::new(opts).await?;
    beside.query_drop(format!("KILL {id}")).await?;
    beside.disconnect().await
}

/// Reads the first result of a statement, and passes over those that a procedure may add.
async fn read<P: Protocol>(mut result: QueryResult<'_, 'static, P>) -> Result<Answer, Failure> {
    let columns = result.columns().unwrap_or_default();
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = result.next().await? {
        // Whole: nothing was taken out of it.
        let values = row.unwrap();
        bytes += values.iter().map(size).sum::<usize>();
        if bytes > ANSWER {
            return Err(Failure::breaking(Error::QueryFailed(format!(
                "the answer is longer than {} MiB: ask for less at once, by LIMIT",
                ANSWER >> 20
            ))));
        }
        found.push(values);
    }
    result.drop_result().await?;
    let rows = found.into_iter().map(|values| types::row(&columns, values));
    Ok(Answer {
        rows: rows.collect::<Result<_, _>>().map_err(Failure::harmless)?,
        columns: types::columns(&columns),
    })
}

fn size(value: &Value) -> usize {
    VALUE
        + match value {
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
}
