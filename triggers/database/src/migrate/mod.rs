//! Migrations: numbered SQL files, forward only.

mod apply;
mod files;

use std::path::Path;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::{Error, Progress, connect};

/// What a run of [`migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files that were applied now, in order.
    pub applied: Vec<String>,
    /// How many the database has now.
    pub total: usize,
}

/// Brings the database of `url` up to the files in `folder`.
///
/// A file is named `NNNN_name.sql` (0001, 0002, ...: no gap, no number twice) and runs in one
/// transaction together with the record that it ran, so that it happens once and
/// wholly. One whose first line is `-- no-transaction` runs outside of any, for
/// statements such as CREATE INDEX CONCURRENTLY; it holds one statement, which must bear being
/// run again, for a crash can come between it and its record.
///
/// The table `spindrift.migrations` remembers each file with its SHA-256: one that
/// changed or vanished after it was applied is an error. Runs at the same time
/// wait for one another (an advisory lock, which needs a session: behind a
/// transaction pooler give the direct URL). When there is nothing to do this is
/// one query and takes no lock.
///
/// # Errors
/// The files are not in order, or a statement failed: then with file and line, and
/// everything before that file applied.
pub async fn migrate(url: &str, folder: &Path, progress: Progress<'_>) -> Result<Report, Error> {
    let files = files::read(folder)?;
    let mut client = connect(url).await?;
    let report = |applied| Report {
        applied,
        total: files.len(),
    };
    if files::pending(&files, &applied(&client).await?)?.is_empty() {
        return Ok(report(Vec::new()));
    }
    apply::take_turn(&client, progress).await?;
    apply::make_table(&client).await?;
    // Whoever had the turn before may have done it all.
    let present = applied(&client).await?;
    let mut names = Vec::new();
    for migration in files::pending(&files, &present)? {
        progress(&format!("applying migration {}", migration.file));
        apply::apply(&mut client, migration).await?;
        names.push(migration.file.clone());
    }
    // The lock goes with the connection.
    Ok(report(names))
}

/// How many of the folder's migrations the database of `url` lacks.
///
/// # Errors
/// As [`migrate`].
pub async fn pending(url: &str, folder: &Path) -> Result<usize, Error> {
    let files = files::read(folder)?;
    let client = connect(url).await?;
    Ok(files::pending(&files, &applied(&client).await?)?.len())
}

/// One row of `spindrift.migrations`.
#[derive(Debug)]
struct Applied {
    version: i32,
    name: String,
    checksum: String,
}

async fn applied(client: &Client) -> Result<Vec<Applied>, Error> {
    let query = "SELECT version, name, checksum FROM spindrift.migrations ORDER BY version";
    match client.query(query, &[]).await {
        Ok(rows) => Ok(rows
            .iter()
            .map(|row| Applied {
                version: row.get(0),
                name: row.get(1),
                checksum: row.get(2),
            })
            .collect()),
        Err(cause)
            if [
                Some(&SqlState::UNDEFINED_TABLE),
                Some(&SqlState::INVALID_SCHEMA_NAME),
            ]
            .contains(&cause.code()) =>
        {
            Ok(Vec::new())
        }
        Err(cause) => Err(Error::sql("read spindrift.migrations")(cause)),
    }
}
