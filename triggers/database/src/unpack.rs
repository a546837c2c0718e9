//! A backup as `pg_restore` takes it in, from wherever it comes.

use std::io::{self, ErrorKind};
use std::process::{Command, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{ChildStdin, ChildStdout};

use crate::Error;
use crate::client::{ended, heard, spawn};

/// Where a backup's bytes come from. An error of it says in full what is wrong.
pub type Source<'a> = &'a mut (dyn AsyncRead + Send + Unpin);

/// How much is handed on at once.
const CHUNK: usize = 256 << 10;

/// Has a `pg_restore` read all of `source`, while `listen` hears what it writes.
///
/// # Errors
/// The source's own, before any of the program's: what a program says of half a backup
/// leads nobody to the cause.
pub(crate) async fn unpack<T>(
    mut command: Command,
    source: Source<'_>,
    listen: impl AsyncFnOnce(ChildStdout) -> io::Result<T>,
) -> Result<T, Error> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = spawn(command)?;
    let (Some(input), Some(output), Some(said)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Error::Backup("pg_restore has no input".to_owned()));
    };
    let (poured, listened, said) =
        tokio::join!(pour(&mut *source, input), listen(output), heard(said));
    let poured = poured.map_err(|cause| Error::Backup(cause.to_string()))?;
    let lost = |cause| Error::Run {
        program: "pg_restore".into(),
        cause,
    };
    let status = child.wait().await.map_err(lost)?;
    ended("pg_restore", status, &said.unwrap_or_default())?;
    if poured == Poured::Refused {
        // It has read all that it needs. What follows has to be whole all the same.
        drain(source)
            .await
            .map_err(|cause| Error::Backup(cause.to_string()))?;
    }
    listened.map_err(lost)
}

/// How pouring ended.
#[derive(PartialEq, Eq)]
enum Poured {
    /// Everything was taken.
    All,
    /// The program does not read any more.
    Refused,
}

/// Hands everything on. An error is the source's.
async fn pour(source: Source<'_>, mut input: ChildStdin) -> io::Result<Poured> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = source.read(&mut buffer).await?;
        if count == 0 {
            return Ok(Poured::All);
        }
        if input.write_all(&buffer[..count]).await.is_err() {
            return Ok(Poured::Refused);
        }
    }
}

async fn drain(source: Source<'_>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match source.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
}

/// For a program that has nothing to say.
pub(crate) async fn nothing(output: ChildStdout) -> io::Result<()> {
    heard(output).await.map(drop)
}
