//! A request's time in a function, from admission to the end of its response.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::CallError;
use crate::function::Call;
use crate::limits::Limits;
use crate::state::Vitals;
use crate::ticker::Running;
use crate::{Body, BodyError};

/// A function's turns: as many as its concurrency, and a bounded queue for them.
pub(crate) struct Turns {
    free: Arc<Semaphore>,
    queued: AtomicUsize,
    queue: usize,
    patience: Duration,
    waiting: Gauge,
}

impl Turns {
    pub(crate) fn new(limits: &Limits, waiting: Gauge) -> Self {
        Self {
            free: Arc::new(Semaphore::new(limits.concurrency)),
            queued: AtomicUsize::new(0),
            queue: limits.queue,
            patience: limits.queue_timeout,
            waiting,
        }
    }

    /// Waits for a turn.
    pub(crate) async fn admit(&self) -> Result<OwnedSemaphorePermit, CallError> {
        if let Ok(permit) = self.free.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let queued = Queued::join(self).ok_or_else(|| self.busy())?;
        let permit = tokio::time::timeout(self.patience, self.free.clone().acquire_owned()).await;
        drop(queued);
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed: this is the time-out.
            _ => Err(self.busy()),
        }
    }

    /// What a request without a turn is told.
    pub(crate) fn busy(&self) -> CallError {
        CallError::Busy {
            retry_after: self.patience.max(Duration::from_secs(1)),
        }
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

/// A request's turn in a function, from admission to the end of its response.
pub(crate) struct Turn {
    pub(crate) call: Call,
    /// The instance that took it.
    pub(crate) instance: OnceLock<Arc<Vitals>>,
}

/// Held while a request is under way: its turn, and the epochs.
pub(crate) struct Held {
    turn: Arc<Turn>,
    answered: bool,
    running: Gauge,
    _permit: OwnedSemaphorePermit,
    _epochs: Running,
}

impl Held {
    pub(crate) fn new(
        turn: Arc<Turn>,
        running: Gauge,
        permit: OwnedSemaphorePermit,
        epochs: Running,
    ) -> Self {
        running.inc();
        Self {
            turn,
            answered: false,
            running,
            _permit: permit,
            _epochs: epochs,
        }
    }

    /// Whether the instance ended before its response did.
    fn failed(&self) -> bool {
        let instance = self.turn.instance.get();
        instance.is_some_and(|instance| instance.failed.load(Ordering::Acquire))
    }

    /// The head of the response is there: what is left is its body.
    pub(crate) fn answered(mut self, body: Body) -> ResponseBody {
        self.answered = true;
        ResponseBody {
            body,
            held: Some(self),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.running.dec();
        if let Some(instance) = self.turn.instance.get() {
            if !self.answered {
                // Nobody waits any more: what it still does is in vain.
                instance.expired.store(true, Ordering::Relaxed);
            }
            instance.streaming.store(false, Ordering::Release);
            instance.worker.wake();
        }
    }
}

/// The body of a function's response. The function's turn lasts until it ends.
pub struct ResponseBody {
    body: Body,
    held: Option<Held>,
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_some() {
            return Poll::Ready(frame);
        }
        let failed = self.held.take().is_some_and(|held| held.failed());
        Poll::Ready(failed.then_some(Err(BodyError::HttpResponseIncomplete)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
