//! When the engine's work has to end early.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use super::error::{Error, Result};

/// Whether to go on: somebody may have interrupted the work, or the lease may be lost.
/// Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Stop {
    cancel: CancellationToken,
    lost: CancellationToken,
    lease: Arc<OnceLock<(String, String)>>,
}

impl Stop {
    /// Ends the work when `cancel` is cancelled.
    pub(crate) fn new(cancel: &CancellationToken) -> Self {
        Self {
            cancel: cancel.clone(),
            ..Self::default()
        }
    }

    /// The same without the interruption, for taking back.
    pub(crate) fn uninterrupted(&self) -> Self {
        Self {
            cancel: CancellationToken::new(),
            ..self.clone()
        }
    }

    /// The lease is lost.
    pub(crate) fn lose(&self, lease: &str, why: String) {
        // A lease is lost once; what is told is how it was first.
        let _ = self.lease.set((lease.to_owned(), why));
        self.lost.cancel();
    }

    /// An error when the work has to end.
    pub(crate) fn check(&self) -> Result<()> {
        if self.lost.is_cancelled() {
            Err(self.loss())
        } else if self.cancel.is_cancelled() {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Waits until the work has to end.
    pub(crate) async fn ended(&self) -> Error {
        tokio::select! {
            biased;
            () = self.lost.cancelled() => self.loss(),
            () = self.cancel.cancelled() => Error::Interrupted,
        }
    }

    fn loss(&self) -> Error {
        let (lease, why) = self.lease.get().cloned().unwrap_or_default();
        Error::LeaseLost { lease, why }
    }
}
