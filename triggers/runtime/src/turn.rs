//! A function's turns: how many requests it works on at once, and who waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::CallError;
use crate::limits::Limits;

/// A function's turns: as many as its concurrency, and a bounded queue for them.
pub(crate) struct Turns {
    free: Arc<Semaphore>,
    queued: AtomicUsize,
    queue: usize,
    patience: Duration,
    waiting: Gauge,
    running: Gauge,
}

/// A turn, from admission until the instance is free again or gone.
pub(crate) struct Turn {
    running: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Turns {
    pub(crate) fn new(limits: &Limits, waiting: Gauge, running: Gauge) -> Self {
        Self {
            free: Arc::new(Semaphore::new(limits.concurrency)),
            queued: AtomicUsize::new(0),
            queue: limits.queue,
            patience: limits.queue_timeout,
            waiting,
            running,
        }
    }

    /// Waits for a turn.
    pub(crate) async fn admit(&self) -> Result<Turn, CallError> {
        if let Ok(permit) = self.free.clone().try_acquire_owned() {
            return Ok(self.turn(permit));
        }
        let queued = Queued::join(self).ok_or_else(|| self.busy())?;
        let permit = tokio::time::timeout(self.patience, self.free.clone().acquire_owned()).await;
        drop(queued);
        match permit {
            Ok(Ok(permit)) => Ok(self.turn(permit)),
            // The semaphore is never closed: this is the time-out.
            _ => Err(self.busy()),
        }
    }

    fn turn(&self, permit: OwnedSemaphorePermit) -> Turn {
        self.running.inc();
        Turn {
            running: self.running.clone(),
            _permit: permit,
        }
    }

    /// What a request without a turn is told.
    pub(crate) fn busy(&self) -> CallError {
        CallError::Busy {
            retry_after: self.patience.max(Duration::from_secs(1)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.dec();
    }
}

/// A place in a function's queue.
struct Queued<'a>(&'a Turns);

impl<'a> Queued<'a> {
    fn join(turns: &'a Turns) -> Option<Self> {
        let before = turns.queued.fetch_add(1, Ordering::Relaxed);
        turns.waiting.inc();
        // Made first, so that a refusal leaves the queue as well.
        let place = Self(turns);
        (before < turns.queue).then_some(place)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.queued.fetch_sub(1, Ordering::Relaxed);
        self.0.waiting.dec();
    }
}
