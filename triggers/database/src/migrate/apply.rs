//! Applying one migration.

use tokio_postgres::Client;
use tokio_postgres::error::ErrorPosition;

use super::files::Migration;
use crate::error::describe;
use crate::{Error, Progress};

/// The advisory lock of migrations: "spindrif" in ASCII. Locks are per database,
/// so applications that share a server do not wait for one another.
const LOCK: i64 = 0x7370_696e_6472_6966;

/// How long a migration may wait for a lock on a table. Whoever comes after it
/// waits too, so better to fail and be run again at a quieter moment.
const LOCK_TIMEOUT: &str = "SET LOCAL lock_timeout = '10s'";

/// Waits until no other run is under way.
pub(super) async fn take_turn(client: &Client, progress: Progress<'_>) -> Result<(), Error> {
    let failed = || Error::sql("take the lock of migrations");
    let free: bool = client
        .query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK])
        .await
        .map_err(failed())?
        .get(0);
    if !free {
        progress("another run is migrating this database: waiting for it");
        client
            .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
            .await
            .map_err(failed())?;
    }
    Ok(())
}

/// Makes the table that remembers what was applied.
pub(super) async fn make_table(client: &Client) -> Result<(), Error> {
    // IF NOT EXISTS needs the right to create even when there is nothing to
    // create, and says so to the log each time: hence the question first.
    let exists: bool = client
        .query_one(
            "SELECT to_regclass('spindrift.migrations') IS NOT NULL",
            &[],
        )
        .await
        .map_err(Error::sql("look for spindrift.migrations"))?
        .get(0);
    if exists {
        return Ok(());
    }
    client
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS spindrift; \
             CREATE TABLE spindrift.migrations ( \
                 version integer PRIMARY KEY, \
                 name text NOT NULL, \
                 checksum text NOT NULL, \
                 applied_at timestamptz NOT NULL DEFAULT now() \
             )",
        )
        .await
        .map_err(Error::sql("make the table spindrift.migrations"))
}

/// Runs the file and records it.
pub(super) async fn apply(client: &mut Client, migration: &Migration) -> Result<(), Error> {
    if !migration.transactional() {
        client
            .batch_execute(&migration.sql)
            .await
            .map_err(|cause| failed(migration, &cause))?;
        return record(client, migration).await;
    }
    let action = || Error::sql(format!("apply {}", migration.path.display()));
    let transaction = client.transaction().await.map_err(action())?;
    transaction
        .batch_execute(LOCK_TIMEOUT)
        .await
        .map_err(action())?;
    let before = number(transaction.client()).await?;
    transaction
        .batch_execute(&migration.sql)
        .await
        .map_err(|cause| failed(migration, &cause))?;
    if number(transaction.client()).await? != before {
        return Err(Error::Migration {
            place: migration.path.display().to_string(),
            reason: "it ends its own transaction. Each file is one transaction already: take COMMIT or ROLLBACK out. \
                     What came before it in this file may be in the database now"
                .to_owned(),
        });
    }
    record(transaction.client(), migration).await?;
    transaction.commit().await.map_err(action())
}

/// The number of the present transaction.
async fn number(client: &Client) -> Result<String, Error> {
    let row = client
        .query_one("SELECT pg_current_xact_id()::text", &[])
        .await;
    Ok(row
        .map_err(Error::sql("read the transaction's number"))?
        .get(0))
}

async fn record(client: &Client, migration: &Migration) -> Result<(), Error> {
    client
        .execute(
            "INSERT INTO spindrift.migrations (version, name, checksum) VALUES ($1, $2, $3)",
            &[&migration.version, &migration.name, &migration.checksum],
        )
        .await
        .map_err(Error::sql(format!("record {}", migration.path.display())))
        .map(drop)
}

fn failed(migration: &Migration, cause: &tokio_postgres::Error) -> Error {
    let mut place = migration.path.display().to_string();
    if let Some(ErrorPosition::Original(position)) =
        cause.as_db_error().and_then(|db| db.position())
    {
        let (line, column) = line_and_column(&migration.sql, *position);
        place.push_str(&format!(":{line}:{column}"));
    }
    let mut reason = describe(cause);
    if !migration.transactional() && reason.contains("cannot run inside a transaction block") {
        reason.push_str("; a file with `-- no-transaction` holds one statement: put the others into files of their own");
    }
    Error::Migration { place, reason }
}

/// Where the server's character (from 1) is in the text, both from 1.
fn line_and_column(text: &str, position: u32) -> (usize, usize) {
    let before: String = text
        .chars()
        .take(position.saturating_sub(1) as usize)
        .collect();
    let line = before.matches('\n').count() + 1;
    let column = before
        .rsplit('\n')
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_counts_characters_over_lines() {
        assert_eq!(line_and_column("SELECT 'ä';\nSELEKT 1;", 13), (2, 1));
        assert_eq!(line_and_column("SELEKT 1;", 1), (1, 1));
    }
}
