//! Restoring a backup: into a private server, or into an empty database elsewhere.

use std::path::Path;

use tokio::fs::File;
use tokio_postgres::Client;

use crate::client::{connect_to, database_of, run, tool};
use crate::roles::{self, OWNER, quote_name};
use crate::server::DATABASE;
use crate::unpack::{Source, nothing, unpack};
use crate::{Error, PrivateServer, Progress, connect, find};

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

/// Replaces the database of `server` by the backup in `file`, as [`restore_from`] does,
/// once the file's table of contents could be read.
///
/// # Errors
/// As [`restore_from`].
pub async fn restore(
    server: &PrivateServer,
    file: &Path,
    roles: impl IntoIterator<Item = &str>,
    progress: Progress<'_>,
) -> Result<Restored, Error> {
    let title = file.display().to_string();
    let mut list = tool(&server.access().binaries()?.folder, "pg_restore");
    list.arg("--list").arg(file);
    run("pg_restore", list)
        .await
        .map_err(|cause| unusable(&title, &cause))?;
    let mut source = File::open(file).await.map_err(Error::file("read", file))?;
    restore_from(server, &title, &mut source, roles, progress).await
}

/// Replaces the database of `server` by the backup that `source` brings, which is called
/// `title`.
///
/// It is unpacked into a database of its own, and the two change names in one
/// transaction: until then nothing is touched, and a restore that fails, or is killed,
/// loses nothing. Taking a [`PrivateServer`] this cannot happen under a running
/// application. Everything belongs to the owner of a private server's tables, whoever
/// owned it where it came from.
///
/// `roles` must exist for the rights in the backup to be granted: name those of the manifest.
///
/// # Errors
/// The source fails, is no backup, or was made by a newer major version.
pub async fn restore_from(
    server: &PrivateServer,
    title: &str,
    source: Source<'_>,
    roles: impl IntoIterator<Item = &str>,
    progress: Progress<'_>,
) -> Result<Restored, Error> {
    let access = server.access();
    let binaries = access.binaries()?;
    access.ensure_roles(roles).await?;

    let admin = access.connect_as_superuser("postgres").await?;
    drop_database(&admin, INCOMING).await?;
    execute(
        &admin,
        &format!("CREATE DATABASE {INCOMING} OWNER {OWNER} TEMPLATE template0"),
    )
    .await?;
    progress(&format!("unpacking {title}"));
    let mut command = tool(&binaries.folder, "pg_restore");
    connect_to(&mut command, &access.superuser_url(INCOMING)?)?;
    command.args(WHOLE).args(["--dbname", INCOMING]);
    command.arg(format!("--role={OWNER}"));
    if let Err(cause) = unpack(command, source, nothing).await {
        drop_database(&admin, INCOMING).await?;
        return Err(unusable(title, &cause));
    }

    let present = access.connect_as_superuser(DATABASE).await?;
    let empty = tables(&present).await? == 0;
    drop(present);
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

/// Unpacks the backup that `source` brings, which is called `title`, into the empty
/// database that a URL leads to, in one transaction. Everything belongs to the URL's
/// user, as if that one had migrated.
///
/// `roles` are made first where they are missing, as [`roles::ensure`] makes them.
///
/// # Errors
/// The database has tables; the roles cannot be made; and as [`restore_from`].
pub async fn restore_into(
    url: &str,
    title: &str,
    source: Source<'_>,
    roles: impl IntoIterator<Item = &str>,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let name = database_of(url)?;
    let present = tables(&connect(url).await?).await?;
    if present > 0 {
        return Err(Error::Backup(format!(
            "the database {name} is not empty: it has {present} tables, and a restore replaces nothing there. Make \
             an empty one, `createdb restored` or `CREATE DATABASE restored`, name it in DATABASE_URL, and move the \
             application to it when it is restored"
        )));
    }
    roles::ensure(url, roles).await?;
    progress(&format!("unpacking {title}"));
    let mut command = tool(&find::clients()?, "pg_restore");
    connect_to(&mut command, url)?;
    command.args(WHOLE).arg("--no-password");
    // The name alone, by a word that cannot be taken for a connection string.
    command.arg(format!("--dbname=dbname='{}'", escaped(&name)));
    unpack(command, source, nothing)
        .await
        .map_err(|cause| unusable(title, &cause))
}

/// All of it or nothing, whoever owned it.
const WHOLE: [&str; 3] = ["--single-transaction", "--exit-on-error", "--no-owner"];

/// A value within quotes in a connection string.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('\'', r"\'")
}

fn unusable(title: &str, cause: &Error) -> Error {
    Error::Backup(format!(
        "{title} could not be restored, and the database is as it was: {cause}\n\
         It must be one that `spindrift backup` made, with this or an older PostgreSQL."
    ))
}

/// How many tables there are that are not the server's own.
async fn tables(client: &Client) -> Result<i64, Error> {
    let row = client
        .query_one(
            "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
             WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname <> 'information_schema'",
            &[],
        )
        .await
        .map_err(Error::sql("look into the present database"))?;
    Ok(row.get(0))
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
