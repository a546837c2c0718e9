//! A database in a file, and an open one: one connection, which one function holds.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::{Value as Bound, ValueRef};
use rusqlite::{ErrorCode, InterruptHandle, params_from_iter};

use super::rules;
use crate::bindings::spin::sqlite::sqlite::{Error, QueryResult, RowResult, Value};

/// Bytes of an answer, which is in memory whole.
const ANSWER: usize = 64 << 20;

/// What a value takes beside its bytes.
const VALUE: usize = size_of::<Value>();

/// A database's file.
pub(super) struct File {
    path: PathBuf,
    /// Open from the first use on: whoever closes the last connection has to write all
    /// of the log to its place.
    kept: Mutex<Option<rusqlite::Connection>>,
}

impl File {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            kept: Mutex::new(None),
        }
    }

    fn open(&self) -> rusqlite::Result<rusqlite::Connection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(self.connect()?);
        }
        drop(kept);
        self.connect()
    }

    /// It is made where it is not there.
    fn connect(&self) -> rusqlite::Result<rusqlite::Connection> {
        let mut connection = rusqlite::Connection::open(&self.path)?;
        rules::apply(&mut connection)?;
        Ok(connection)
    }
}

/// A connection to a file. Clones are the same one.
#[derive(Clone)]
pub(super) struct FileConnection {
    connection: Arc<Mutex<rusqlite::Connection>>,
    interrupt: Arc<InterruptHandle>,
}

impl FileConnection {
    /// Opens a database.
    pub(super) async fn open(file: Arc<File>) -> Result<Self, Error> {
        let opened = tokio::task::spawn_blocking(move || file.open());
        let connection = opened.await.map_err(|error| other(&error))?;
        let connection = connection.map_err(|error| failed(&error))?;
        Ok(Self {
            interrupt: Arc::new(connection.get_interrupt_handle()),
            connection: Arc::new(Mutex::new(connection)),
        })
    }

    /// Runs a statement where it holds nobody up. Dropping the future interrupts it.
    pub(super) async fn execute(
        self,
        statement: String,
        parameters: Vec<Value>,
    ) -> Result<QueryResult, Error> {
        let mut interrupt = Interrupt(Some(self.interrupt.clone()));
        let run = move || execute(&self.lock(), &statement, parameters);
        let ended = tokio::task::spawn_blocking(run).await;
        interrupt.0 = None;
        ended.unwrap_or_else(|error| Err(other(&error)))
    }

    pub(super) fn last_insert_rowid(&self) -> i64 {
        self.lock().last_insert_rowid()
    }

    pub(super) fn changes(&self) -> u64 {
        self.lock().changes()
    }

    /// Undoes a transaction that a request left open. Answers whether there was one.
    pub(super) fn roll_back(&self) -> bool {
        let connection = self.lock();
        let open = !connection.is_autocommit();
        if open && let Err(error) = connection.execute_batch("ROLLBACK") {
            tracing::warn!(%error, "a transaction cannot be rolled back");
        }
        open
    }

    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        // A panic under the lock leaves the connection as usable as before.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops what a connection is at, unless that has ended.
struct Interrupt(Option<Arc<InterruptHandle>>);

impl Drop for Interrupt {
    fn drop(&mut self) {
        if let Some(handle) = &self.0 {
            handle.interrupt();
        }
    }
}

fn execute(
    connection: &rusqlite::Connection,
    statement: &str,
    parameters: Vec<Value>,
) -> Result<QueryResult, Error> {
    let mut statement = connection
        .prepare_cached(statement)
        .map_err(|error| failed(&error))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let parameters = params_from_iter(parameters.into_iter().map(bound));
    let mut answered = statement
        .query(parameters)
        .map_err(|error| failed(&error))?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = answered.next().map_err(|error| failed(&error))? {
        let values = (0..columns.len()).map(|index| {
            let value = row.get_ref(index).map_err(|error| failed(&error))?;
            bytes += VALUE
                + value
                    .as_bytes_or_null()
                    .ok()
                    .flatten()
                    .map_or(0, <[u8]>::len);
            told(value)
        });
        rows.push(RowResult {
            values: values.collect::<Result<_, _>>()?,
        });
        if bytes > ANSWER {
            return Err(Error::Io(format!(
                "the answer is longer than {} MiB: ask for less at once, by LIMIT",
                ANSWER >> 20
            )));
        }
    }
    Ok(QueryResult { columns, rows })
}

fn bound(value: Value) -> Bound {
    match value {
        Value::Integer(number) => Bound::Integer(number),
        Value::Real(number) => Bound::Real(number),
        Value::Text(text) => Bound::Text(text),
        Value::Blob(bytes) => Bound::Blob(bytes),
        Value::Null => Bound::Null,
    }
}

fn told(value: ValueRef<'_>) -> Result<Value, Error> {
    Ok(match value {
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => {
            Value::Text(String::from_utf8(text.to_vec()).map_err(|_| {
                Error::Io("a text is not valid UTF-8: read it as a BLOB".to_owned())
            })?)
        }
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        ValueRef::Null => Value::Null,
    })
}

fn failed(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::DatabaseFull,
        _ => other(error),
    }
}

fn other(error: &dyn std::fmt::Display) -> Error {
    Error::Io(error.to_string())
}
