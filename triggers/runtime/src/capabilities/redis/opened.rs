//! What a function has open.

use std::sync::Arc;
use std::time::Duration;

use spindrift_redis::{Cmd, PATIENCE, Value};
use tokio::sync::OnceCell;

use super::convert::failed;
use super::server::{Own, Server};
use super::wit::Error;

/// How long a command may take on a connection of the function's own: it may be one that
/// waits. The function's own time ends it sooner.
const OWN_PATIENCE: Duration = Duration::from_secs(60);

/// A connection as a function has it: the one that all share, until the first command
/// that others must not notice, and from then on one of its own. That one is not replaced
/// when it fails: what was set on it is lost with it.
pub(super) struct Opened {
    server: Arc<Server>,
    own: OnceCell<Own>,
}

impl Opened {
    /// Has the server connected to, so that one that is away is noticed at once.
    pub(super) async fn new(server: Arc<Server>) -> Result<Self, Error> {
        let connected = server.shared().await;
        connected.map_err(|error| Error::Other(error.to_string()))?;
        Ok(Self {
            server,
            own: OnceCell::new(),
        })
    }

    /// Sends a command; `is_shared` says that others would not notice it.
    pub(super) async fn send(&self, command: &Cmd, is_shared: bool) -> Result<Value, Error> {
        let own = match self.own.get() {
            None if is_shared => return self.send_shared(command).await,
            None => self.own.get_or_try_init(|| self.server.own()).await?,
            Some(own) => own,
        };
        let answer = own.connection.send(command, OWN_PATIENCE).await;
        answer.map_err(|error| failed(&error))
    }

    async fn send_shared(&self, command: &Cmd) -> Result<Value, Error> {
        let connection = self.server.shared().await;
        let connection = connection.map_err(|error| Error::Other(error.to_string()))?;
        let answer = connection.send(command, PATIENCE).await;
        answer.map_err(|error| {
            // It may be one that was cut without a word.
            self.server.forget(&connection);
            failed(&error)
        })
    }
}
