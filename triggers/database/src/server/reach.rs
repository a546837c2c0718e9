//! Reaching a private server, whoever runs it.

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

/// Reaches the private server of a state folder, whoever runs it.
///
/// # Errors
/// As [`PrivateServer::start`]; [`Error::Locked`] when another process holds the
/// folder and its server takes no connections.
pub async fn reach(state: &StateFolder, progress: Progress<'_>) -> Result<Reached, Error> {
    match state.lock() {
        Ok(lock) => {
            let server = Box::new(PrivateServer::start(&lock, progress).await?);
            Ok(Reached::Started(server, lock))
        }
        Err(locked) => Access::running(state).map(Reached::Running).ok_or(locked),
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
