//! What the tests of this crate share: a state folder of their own with a real server.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use spindrift_database::{PrivateServer, StateFolder, StateLock, connect};
use tempfile::TempDir;

/// A folder that the server's user can get into, also when the tests run as root.
pub(crate) fn open_folder() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    Ok(folder)
}

/// A state folder, removed in the end.
pub(crate) struct Scratch {
    pub(crate) folder: TempDir,
    pub(crate) state: StateFolder,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self> {
        let folder = open_folder()?;
        let state = StateFolder::open(&folder.path().join("state"))?;
        Ok(Self { folder, state })
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.state.path().join("postgres/data")
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().context("a path below the folder")?)?;
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// A server on a [`Scratch`]. Dropped in this order: server, lock, folder.
pub(crate) struct Running {
    pub(crate) server: PrivateServer,
    pub(crate) lock: StateLock,
    pub(crate) scratch: Scratch,
}

impl Running {
    pub(crate) async fn start() -> Result<Self> {
        Self::start_on(Scratch::new()?).await
    }

    pub(crate) async fn start_on(scratch: Scratch) -> Result<Self> {
        let lock = scratch.state.lock()?;
        let server = PrivateServer::start(&lock, &|_| {}).await?;
        Ok(Self {
            server,
            lock,
            scratch,
        })
    }

    /// A URL of the superuser's, in the place of somebody else's server.
    pub(crate) fn superuser_url(&self) -> Result<String> {
        let password = self
            .scratch
            .state
            .secrets()
            .read("role.postgres")?
            .context("no password")?;
        Ok(format!(
            "postgres://postgres:{password}@{}/spindrift",
            self.server.access().host()
        ))
    }

    pub(crate) fn owner_url(&self) -> Result<String> {
        Ok(self.server.access().owner_url()?)
    }

    pub(crate) async fn execute(&self, sql: &str) -> Result<()> {
        Ok(connect(&self.owner_url()?)
            .await?
            .batch_execute(sql)
            .await?)
    }

    /// The single value that a query as the owner answers, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Result<String> {
        ask(&self.owner_url()?, sql).await
    }

    pub(crate) async fn stop(self) -> Result<Scratch> {
        self.server.stop().await?;
        Ok(self.scratch)
    }
}

/// The single value that a query answers, as text.
pub(crate) async fn ask(url: &str, sql: &str) -> Result<String> {
    let client = connect(url).await?;
    for message in client.simple_query(sql).await? {
        if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
            return Ok(row.get(0).unwrap_or("NULL").to_owned());
        }
    }
    anyhow::bail!("no row for {sql}")
}

/// The process id of the server on a data folder.
pub(crate) fn server_pid(data: &Path) -> Result<u32> {
    let text = fs::read_to_string(data.join("postmaster.pid"))?;
    Ok(text
        .lines()
        .next()
        .context("an empty pid file")?
        .trim()
        .parse()?)
}

/// Sends a signal.
pub(crate) fn kill(signal: Signal, pid: u32) -> Result<()> {
    let pid = Pid::from_raw(pid.try_into()?).context("no process has the number 0")?;
    Ok(kill_process(pid, signal)?)
}

/// Waits for a condition.
pub(crate) async fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
