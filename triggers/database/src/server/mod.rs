//! A PostgreSQL server that belongs to one state folder.

mod access;
mod home;
mod init;
mod launch;
mod leftovers;
mod pid_file;
pub(crate) mod process;
mod reach;
mod settings;

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;

pub use access::Access;
pub(crate) use access::DATABASE;
use home::Home;
use process::Process;
pub use reach::{Reached, reach};

use crate::find::Binaries;
use crate::{Error, Progress, StateFolder, StateLock};

/// How long a clean stop may take, with its checkpoint.
const STOP: Duration = Duration::from_secs(60);

/// A private PostgreSQL: running, and stopped when this is dropped.
///
/// It listens on a port of 127.0.0.1 that stays the same from start to start
/// while nobody else takes it, and on a socket in a folder that only its user can
/// enter. Every connection needs a password (SCRAM-SHA-256). What it acknowledged
/// is on disk: killing it, or this process, loses nothing, and the next start
/// recovers by itself.
#[derive(Debug)]
pub struct PrivateServer {
    access: Access,
    home: Home,
    binaries: Binaries,
    process: Process,
    port: u16,
}

impl PrivateServer {
    /// Starts the server of the state folder that `lock` holds, making its data
    /// folder on first use and ending whatever an earlier run left behind.
    /// Returns when it takes connections.
    ///
    /// # Errors
    /// No server is installed, the data folder was made by another major version,
    /// or the server does not come up: then with the end of its log.
    pub async fn start(lock: &StateLock, progress: Progress<'_>) -> Result<Self, Error> {
        let state = lock.state();
        let home = Home::open(state, progress)?;
        leftovers::clear(&home, progress).await?;
        let binaries = init::ensure_data(state, &home, progress).await?;
        let (process, port) = launch::on_some_port(state, &home, &binaries, progress).await?;
        let access = Access::new(state.clone(), port);
        let server = Self {
            access,
            home,
            binaries,
            process,
            port,
        };
        server.access.ensure_owner().await?;
        Ok(server)
    }

    /// How to connect to it.
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// The major version of the server.
    pub fn major(&self) -> u32 {
        self.binaries.major
    }

    /// Waits until the server ends by itself, and says how it ended.
    pub async fn ended(&mut self) -> String {
        self.process.ended().await.map_or_else(
            || "in an unknown way".to_owned(),
            |status| status.to_string(),
        )
    }

    /// Starts a server that has ended again, on the same port: URLs stay good.
    ///
    /// # Errors
    /// As [`PrivateServer::start`].
    pub async fn restart(&mut self, progress: Progress<'_>) -> Result<(), Error> {
        self.process.signal(Signal::QUIT);
        self.process.ended().await;
        leftovers::clear(&self.home, progress).await?;
        self.process = launch::on_port(
            self.access.state(),
            &self.home,
            &self.binaries,
            self.port,
            progress,
        )
        .await?;
        Ok(())
    }

    /// Stops the server: sessions end, a checkpoint is written.
    ///
    /// # Errors
    /// It had to be stopped without a checkpoint, or not even that worked. Either
    /// way the next start recovers.
    pub async fn stop(mut self) -> Result<(), Error> {
        for (signal, patience) in [(Signal::INT, STOP), (Signal::QUIT, Duration::from_secs(10))] {
            self.process.signal(signal);
            if let Ok(status) = tokio::time::timeout(patience, self.process.ended()).await {
                self.home.forget_socket_folder();
                let clean = signal == Signal::INT && status.is_some_and(|status| status.success());
                return if clean {
                    Ok(())
                } else {
                    Err(self
                        .stopped_badly("was stopped without a checkpoint; the next start recovers"))
                };
            }
        }
        Err(self.stopped_badly("does not stop"))
    }

    fn stopped_badly(&self, what: &str) -> Error {
        launch::failure(self.access.state(), what.to_owned(), 0)
    }
}

/// The data folder of a state folder, when there is a database in it.
pub fn data_folder(state: &StateFolder) -> Option<PathBuf> {
    Home::existing_data(state)
}
