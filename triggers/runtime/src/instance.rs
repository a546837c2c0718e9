//! One live instance and the rules of its life, as wasmtime's proxy handler asks
//! for them: when it takes a request, when its time is up, what becomes of it.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Store, StoreContextMut};
use wasmtime_wasi_http::handler::{ShouldAccept, WorkerExpiration, WorkerState, WorkerStatus};

use crate::function::Shared;
use crate::state::{State, Vitals};
use crate::turn::Turn;

/// An instance that had nothing to do for this long is dropped.
const IDLE: Duration = Duration::from_secs(10);

/// How long after its request's deadline an instance is ended from outside, when
/// it did not notice by itself.
const GRACE: Duration = Duration::from_millis(50);

/// How long a function may go on with its response after the head of it.
const STREAMING: Duration = Duration::from_secs(15 * 60);

/// What wasmtime's handler calls the end of a worker that was dropped from outside.
/// With no request under way the process is stopping, and nothing is wrong.
const WORKER_DROPPED: &str = "worker panicked";

/// An instance, as its worker sees it.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    vitals: Arc<Vitals>,
    /// The request it is at work on, or was last.
    current: Mutex<Option<Arc<Turn>>>,
}

impl Worker {
    pub(crate) fn new(shared: Arc<Shared>, vitals: Arc<Vitals>) -> Self {
        Self {
            shared,
            vitals,
            current: Mutex::new(None),
        }
    }

    /// Whether it must be replaced before the next request.
    fn is_spent(&self, served: usize) -> bool {
        let limits = &self.shared.limits;
        served >= limits.reuse as usize
            || served > 0 && self.vitals.memory.load(Ordering::Relaxed) > limits.retire_memory
    }
}

impl WorkerState for Worker {
    type StoreData = State;
    type RequestData = Arc<Turn>;

    fn should_accept_request(&self, concurrent: usize, served: usize) -> ShouldAccept {
        if self.is_spent(served) {
            ShouldAccept::Never
        } else if concurrent > 0 || self.vitals.streaming.load(Ordering::Acquire) {
            ShouldAccept::No
        } else if self.vitals.expired.load(Ordering::Relaxed) {
            // About to end: whoever it served last was given up.
            ShouldAccept::Never
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        mut store: StoreContextMut<'_, State>,
        turn: Arc<Turn>,
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        store.data_mut().cpu.reset();
        store.set_epoch_deadline(1);
        self.vitals.streaming.store(true, Ordering::Relaxed);
        // Each turn is taken once.
        _ = turn.instance.set(self.vitals.clone());
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(turn);
        let deadline = tokio::time::sleep(self.shared.limits.request_timeout);
        let vitals = self.vitals.clone();
        Box::pin(async move {
            deadline.await;
            vitals.expired.store(true, Ordering::Relaxed);
        })
    }

    fn drop(&self, store: Store<State>, result: Result<(), wasmtime::Error>) {
        // Said before the store goes: with it ends what the response is read from.
        self.vitals.failed.store(result.is_err(), Ordering::Release);
        drop(store);
        self.shared.instances.dec();
        let Err(error) = result else { return };
        let reason = error.root_cause().to_string();
        if reason == WORKER_DROPPED && !self.vitals.streaming.load(Ordering::Acquire) {
            return;
        }
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let request_id = current.as_ref().map(|turn| &*turn.call.request_id);
        let function = &*self.shared.id;
        tracing::error!(function, request_id, error = reason, "function ended");
        tracing::debug!(function, request_id, "{error:?}");
    }
}

/// When an instance's time is up.
pub(crate) struct Expiration {
    vitals: Arc<Vitals>,
    request: Duration,
    timer: Pin<Box<Sleep>>,
    /// What the timer was set for, and whether somebody read the response then.
    armed: Option<(WorkerStatus, Instant, bool)>,
}

impl Expiration {
    pub(crate) fn new(vitals: Arc<Vitals>, request: Duration) -> Self {
        Self {
            vitals,
            request: request + GRACE,
            timer: Box::pin(tokio::time::sleep(IDLE)),
            armed: None,
        }
    }
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        self.vitals.worker.register(cx.waker());
        if self.vitals.expired.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        let read = self.vitals.streaming.load(Ordering::Acquire);
        if self.armed != Some((status, start, read)) {
            self.armed = Some((status, start, read));
            let end = match status {
                WorkerStatus::Idle => start + IDLE,
                WorkerStatus::Requests => start + self.request,
                WorkerStatus::PostReturn if read => start + STREAMING,
                // The response has ended, or its reader left: what the function still
                // does may take as long as a request.
                WorkerStatus::PostReturn => Instant::now() + self.request,
            };
            self.timer.as_mut().reset(end.into());
        }
        ready!(self.timer.as_mut().poll(cx));
        if status != WorkerStatus::Idle {
            self.vitals.expired.store(true, Ordering::Relaxed);
        }
        Poll::Ready(())
    }
}
