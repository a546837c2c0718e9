//! Stores in a SQLite file: that of the state folder, which has all that are nowhere else,
//! or another.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

/// A store in a file.
#[derive(Clone)]
pub(super) struct FileStore {
    pub(super) label: Arc<str>,
    pub(super) database: Arc<Database>,
}

/// The file, opened at first use.
pub(super) struct Database {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

impl Database {
    /// The file at `path`. Nothing is opened yet.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            connection: Mutex::new(None),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, String> {
        // A panic under the lock leaves the connection as usable as before.
        let mut slot = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let result = match &*slot {
            Some(connection) => work(connection),
            None => open(&self.path).and_then(|connection| work(slot.insert(connection))),
        };
        result.map_err(|e| format!("key-value store {}: {e}", self.path.display()))
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // What `set` answered is on the disk.
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute(
        "CREATE TABLE IF NOT EXISTS entries (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key)) WITHOUT ROWID",
        [],
    )?;
    Ok(connection)
}

pub(super) fn get(c: &Connection, store: &str, key: &str) -> rusqlite::Result<Option<Vec<u8>>> {
    c.prepare_cached("SELECT value FROM entries WHERE store = ?1 AND key = ?2")?
        .query_row(params![store, key], |row| row.get(0))
        .optional()
}

pub(super) fn set(c: &Connection, store: &str, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    c.prepare_cached("INSERT INTO entries (store, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value")?
        .execute(params![store, key, value])
        .map(|_| ())
}

pub(super) fn delete(c: &Connection, store: &str, key: &str) -> rusqlite::Result<()> {
    c.prepare_cached("DELETE FROM entries WHERE store = ?1 AND key = ?2")?
        .execute(params![store, key])
        .map(|_| ())
}

impl FileStore {
    /// Runs `work` where waiting for the disk holds nobody up.
    pub(super) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, String> {
        tokio::task::spawn_blocking(move || {
            self.database
                .with(|connection| work(connection, &self.label))
        })
        .await
        .unwrap_or_else(|e| Err(e.to_string()))
    }

    pub(super) async fn get(self, key: String) -> Result<Option<Vec<u8>>, String> {
        self.run(move |c, store| get(c, store, &key)).await
    }

    pub(super) async fn set(self, key: String, value: Vec<u8>) -> Result<(), String> {
        self.run(move |c, store| set(c, store, &key, &value)).await
    }

    pub(super) async fn delete(self, key: String) -> Result<(), String> {
        self.run(move |c, store| delete(c, store, &key)).await
    }

    pub(super) async fn exists(self, key: String) -> Result<bool, String> {
        self.run(move |c, store| {
            c.prepare_cached("SELECT 1 FROM entries WHERE store = ?1 AND key = ?2")?
                .exists(params![store, key])
        })
        .await
    }

    pub(super) async fn keys(self) -> Result<Vec<String>, String> {
        self.run(move |c, store| {
            c.prepare_cached("SELECT key FROM entries WHERE store = ?1 ORDER BY key")?
                .query_map([store], |row| row.get(0))?
                .collect()
        })
        .await
    }
}
