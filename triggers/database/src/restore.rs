//! Restoring a backup into a private server.

use std::path::Path;

use tokio_postgres::Client;

use crate::backup::{connect_by, run, tool};
use crate::roles::{OWNER, quote_name};
use crate::server::DATABASE;
use crate::{Error, PrivateServer, Progress};

/// Where the backup is unpacked until it is whole.
const INCOMING: &str = "spindrift_restoring";
/// What the database is called that was replaced.
const REPLACED: &str = "spindrift_before_restore";

/// What a restore left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The name of the database that was replaced and is kept, beside the
    /// restored one, until the next restore; `None` when it was empty.
    pub replaced: Option<String>,
}

/// Replaces the database of `server` by the backup in `file`.
///
/// The backup is read through first, then unpacked into a database of its own,
/// and the two change names in one transaction: until then nothing is touched, and a
/// restore that fails, or is killed, loses nothing. Taking a [`PrivateServer`]
/// this cannot happen under a running application.
///
/// `roles` must exist for the rights in the backup to be granted: name those of the manifest.
///
/// # Errors
/// The file is no backup or is damaged, or was made by a newer major version.
pub async fn restore(
    server: &PrivateServer,
    file: &Path,
    roles: impl IntoIterator<Item = &str>,
    progress: Progress<'_>,
) -> Result<Restored, Error> {
    let access = server.access();
    let binaries = access.binaries()?;
    let mut list = tool(&binaries, "pg_restore");
    list.arg("--list").arg(file);
    run("pg_restore", list)
        .await
        .map_err(|cause| unusable(file, &cause))?;
    access.ensure_roles(roles).await?;

    let admin = access.connect_as_superuser("postgres").await?;
    drop_database(&admin, INCOMING).await?;
    execute(
        &admin,
        &format!("CREATE DATABASE {INCOMING} OWNER {OWNER} TEMPLATE template0"),
    )
    .await?;
    progress(&format!("unpacking {}", file.display()));
    let mut unpack = tool(&binaries, "pg_restore");
    connect_by(&mut unpack, &access.superuser_url(INCOMING)?);
    unpack
        .args([
            "--single-transaction",
            "--exit-on-error",
            "--dbname",
            INCOMING,
        ])
        .arg(file);
    if let Err(cause) = run("pg_restore", unpack).await {
        drop_database(&admin, INCOMING).await?;
        return Err(unusable(file, &cause));
    }

    let empty = is_empty(server).await?;
    drop_database(&admin, REPLACED).await?;
    for database in [DATABASE, INCOMING] {
        end_sessions(&admin, database).await?;
    }
    execute(
        &admin,
        &format!(
            "BEGIN; ALTER DATABASE {DATABASE} RENAME TO {REPLACED}; ALTER DATABASE {INCOMING} RENAME TO {DATABASE}; COMMIT"
        ),
    )
    .await?;
    if empty {
        drop_database(&admin, REPLACED).await?;
    }
    Ok(Restored {
        replaced: (!empty).then(|| REPLACED.to_owned()),
    })
}

fn unusable(file: &Path, cause: &Error) -> Error {
    Error::Backup(format!(
        "{} could not be restored, and the database is as it was: {cause}\n\
         It must be a file that `spindrift backup` made, with this or an older PostgreSQL.",
        file.display()
    ))
}

/// Whether the present database has no table.
async fn is_empty(server: &PrivateServer) -> Result<bool, Error> {
    let client = server.access().connect_as_superuser(DATABASE).await?;
    let row = client
        .query_one(
            "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
             WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'",
            &[],
        )
        .await
        .map_err(Error::sql("look into the present database"))?;
    Ok(row.get::<_, i64>(0) == 0)
}

async fn drop_database(admin: &Client, name: &str) -> Result<(), Error> {
    execute(
        admin,
        &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote_name(name)),
    )
    .await
}

/// A database that somebody is connected to cannot change its name.
async fn end_sessions(admin: &Client, database: &str) -> Result<(), Error> {
    let ended = admin
        .query(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
            &[&database],
        )
        .await;
    ended
        .map(drop)
        .map_err(Error::sql(format!("end the sessions of {database}")))
}

async fn execute(admin: &Client, sql: &str) -> Result<(), Error> {
    admin
        .batch_execute(sql)
        .await
        .map_err(Error::sql("restore the backup"))
}
