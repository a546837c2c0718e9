//! A database as `pg_dump` tells it, while it is read.

use std::process::{Command, Stdio};

use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;

use crate::client::{connect_to, ended, heard, spawn, tool};
use crate::server::DATABASE;
use crate::{Access, Error, find};

/// A `pg_dump` that runs: one consistent moment of a database, in the custom format,
/// taken while everybody goes on working. Dropped, it ends.
pub struct Dump {
    child: Child,
    output: ChildStdout,
    said: JoinHandle<std::io::Result<String>>,
}

impl Dump {
    /// Of a private server's database, every row of it.
    ///
    /// # Errors
    /// `pg_dump` is missing.
    pub fn of_private(access: &Access) -> Result<Self, Error> {
        let mut command = tool(&access.binaries()?.folder, "pg_dump");
        // As the superuser: forced row-level security hides rows from the owner.
        connect_to(&mut command, &access.superuser_url(DATABASE)?)?;
        Self::start(command)
    }

    /// Of the database that a URL leads to. Its user has to be one whom row-level
    /// security does not bind: `pg_dump` leaves no row out, it fails.
    ///
    /// # Errors
    /// The URL is malformed, or `pg_dump` is missing.
    pub fn of_url(url: &str) -> Result<Self, Error> {
        let mut command = tool(&find::clients()?, "pg_dump");
        connect_to(&mut command, url)?;
        Self::start(command)
    }

    fn start(mut command: Command) -> Result<Self, Error> {
        command
            .args(["--format=custom", "--no-password"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = spawn(command)?;
        let (Some(output), Some(said)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(Error::Backup("pg_dump has no output".to_owned()));
        };
        Ok(Self {
            child,
            output,
            said: tokio::spawn(heard(said)),
        })
    }

    /// What it writes. Only [`Self::finish`] says whether that is all of it.
    pub fn output(&mut self) -> &mut ChildStdout {
        &mut self.output
    }

    /// Waits for its end, after all of its output was read.
    ///
    /// # Errors
    /// It failed: what was read is no backup.
    pub async fn finish(mut self) -> Result<(), Error> {
        let status = self.child.wait().await.map_err(|cause| Error::Run {
            program: "pg_dump".into(),
            cause,
        })?;
        let said = self.said.await.ok().and_then(Result::ok);
        ended("pg_dump", status, &said.unwrap_or_default()).map_err(explained)
    }
}

/// With the way out, where there is one that the program does not tell.
fn explained(error: Error) -> Error {
    let text = error.to_string();
    let way_out = if text.contains("row-level security") {
        "Row-level security hides rows from the role of DATABASE_URL, and a backup without them is none. Use a \
         role that it does not bind: the server's administrator (`doadmin` at DigitalOcean), or one that an \
         administrator has given that right by `ALTER ROLE name BYPASSRLS`."
    } else if text.contains("server version mismatch") {
        "Install the client programs of the server's major version (`apt-get install postgresql-client-17`, say), \
         or name the folder that has them in SPINDRIFT_POSTGRES_BIN."
    } else if text.contains("permission denied") {
        "Use a role that may read every table: the owner of the tables, or the server's administrator."
    } else {
        return error;
    };
    Error::Backup(format!("{text}\n{way_out}"))
}
