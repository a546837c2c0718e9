//! Reaching a private server, whoever runs it.

use std::time::Duration;

use tokio::time::Instant;

use super::{Access, PrivateServer};
use crate::{Error, Progress, StateFolder, StateLock};

/// Access to the private server from a process that need not be the one that
/// serves: its server when one runs, else one that is started for the occasion.
#[derive(Debug)]
pub enum Reached {
    /// Somebody else's.
    Running(Access),
    /// Ours; the state folder is held meanwhile.
    Started(Box<PrivateServer>, StateLock),
}

/// How long whoever holds the state folder may take to have its server running.
const PATIENCE: Duration = Duration::from_secs(15);

/// Reaches the private server of a state folder, whoever runs it.
///
/// # Errors
/// As [`PrivateServer::start`]; [`Error::Locked`] when another process holds the
/// folder and its server does not take connections within 15 seconds.
pub async fn reach(state: &StateFolder, progress: Progress<'_>) -> Result<Reached, Error> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let locked = match state.lock() {
            Ok(lock) => {
                let server = Box::new(PrivateServer::start(&lock, progress).await?);
                return Ok(Reached::Started(server, lock));
            }
            Err(locked) => locked,
        };
        if let Some(access) = Access::running(state) {
            return Ok(Reached::Running(access));
        }
        if Instant::now() > deadline {
            return Err(locked);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Reached {
    /// How to connect.
    pub fn access(&self) -> &Access {
        match self {
            Self::Running(access) => access,
            Self::Started(server, _) => server.access(),
        }
    }

    /// Leaves it as it was found.
    ///
    /// # Errors
    /// As [`PrivateServer::stop`].
    pub async fn leave(self) -> Result<(), Error> {
        match self {
            Self::Running(_) => Ok(()),
            Self::Started(server, _lock) => server.stop().await,
        }
    }
}
