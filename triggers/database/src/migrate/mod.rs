//! Migrations: numbered SQL files, forward only.

mod apply;
mod files;

use std::path::Path;

use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use self::files::Migration;
use crate::{Error, Progress, connect};

/// What a run of [`migrate`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The files that were applied now, in order.
    pub applied: Vec<String>,
    /// How many the database has now.
    pub total: usize,
    /// The last file that it has had: what its schema is. `None` when it has had none.
    pub schema: Option<String>,
    /// The contracts that wait, in order: see [`expand`].
    pub waiting: Vec<String>,
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
    run(url, folder, progress, |pending| Ok(pending)).await
}

/// As [`migrate`], without contracts: files whose first line is `-- contract`, because
/// they take away what the release before still needs. What is pending up to the first
/// of them is applied; they wait until [`migrate`] is called.
///
/// # Errors
/// As [`migrate`], and when a file that is no contract comes after one that waits: then
/// nothing is applied.
pub async fn expand(url: &str, folder: &Path, progress: Progress<'_>) -> Result<Report, Error> {
    run(url, folder, progress, files::expanding).await
}

/// Of the files that a database lacks, those that are to be applied.
type Chosen<'a, 'b> = Result<&'b [&'a Migration], Error>;

async fn run(
    url: &str,
    folder: &Path,
    progress: Progress<'_>,
    choose: impl for<'a, 'b> Fn(&'b [&'a Migration]) -> Chosen<'a, 'b>,
) -> Result<Report, Error> {
    let files = files::read(folder)?;
    let mut client = connect(url).await?;
    let pending = files::pending(&files, &applied(&client).await?)?;
    if choose(&pending)?.is_empty() {
        return Ok(Report::of(&files, &pending, &[]));
    }
    apply::take_turn(&client, progress).await?;
    apply::make_table(&client).await?;
    // Whoever had the turn before may have done it all.
    let pending = files::pending(&files, &applied(&client).await?)?;
    let chosen = choose(&pending)?;
    for migration in chosen {
        progress(&format!("applying migration {}", migration.file));
        apply::apply(&mut client, migration).await?;
    }
    // The lock goes with the connection.
    Ok(Report::of(&files, &pending, chosen))
}

impl Report {
    /// Of all files, those that were pending, and the first of these, which now are not.
    fn of(files: &[Migration], pending: &[&Migration], applied: &[&Migration]) -> Self {
        let name = |file: &&Migration| file.file.clone();
        let waiting: Vec<String> = pending[applied.len()..].iter().map(name).collect();
        let total = files.len() - waiting.len();
        Self {
            applied: applied.iter().map(name).collect(),
            total,
            schema: files[..total].last().map(|file| file.file.clone()),
            waiting,
        }
    }
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
