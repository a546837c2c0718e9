//! Driving an instance through one request.
//!
//! A [`Drive`] is a future that runs the function as it is polled. Whoever calls
//! the function polls it, so that an answer which is there at once costs no task
//! and wakes nobody; only an instance that has more to do than its caller can wait
//! for goes into a task of its own ([`Drive::go_on`]), and only one that computes for
//! long to threads of their own ([`Background`]).

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::background::{Background, Moved};
use crate::instance::Vitals;
use crate::reader::{Reader, Side};
use crate::ticker::Ticker;

/// How long a function may go on with its response after the head of it.
const STREAMING: Duration = Duration::from_secs(15 * 60);

/// What an instance does for one request: it ends when the instance is free, or gone.
pub(crate) type Work = Pin<Box<dyn Future<Output = wasmtime::Result<()>> + Send>>;

/// A request's time in an instance. Dropped early, it ends the instance.
pub(crate) struct Drive {
    /// There until it has ended.
    work: Option<Place>,
    ticker: Arc<Ticker>,
    reader: Arc<Reader>,
    vitals: Arc<Vitals>,
    clock: Clock,
}

/// Where the work is done.
enum Place {
    Here(Work),
    Background(Moved),
}

impl Place {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<wasmtime::Result<()>> {
        match self {
            Self::Here(work) => work.as_mut().poll(cx),
            Self::Background(moved) => moved.poll(cx),
        }
    }

    /// Moves what is here away.
    fn moved(self, to: &Background) -> Self {
        match self {
            Self::Here(work) => Self::Background(to.take(work)),
            moved @ Self::Background(_) => moved,
        }
    }
}

impl Drive {
    /// `limit` is the time to the head of the response, and again the time that
    /// the function may take for whatever it does after the end of it.
    pub(crate) fn new(
        work: Work,
        ticker: Arc<Ticker>,
        reader: Arc<Reader>,
        vitals: Arc<Vitals>,
        limit: Duration,
    ) -> Self {
        // The instance may have been busy with its last request.
        vitals.is_busy.store(false, Ordering::Relaxed);
        Self {
            work: Some(Place::Here(work)),
            ticker,
            reader,
            vitals,
            clock: Clock::start(limit),
        }
    }

    /// Runs the function on, as far as it goes without waiting. Once it has ended,
    /// it goes no further.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<wasmtime::Result<()>> {
        if self.vitals.is_busy.load(Ordering::Relaxed) {
            let work = self.work.take();
            self.work = work.map(|work| work.moved(self.ticker.background()));
        }
        let Some(work) = &mut self.work else {
            return Poll::Ready(Ok(()));
        };
        if let Poll::Ready(result) = work.poll(cx) {
            self.work = None;
            return Poll::Ready(result);
        }
        ready!(self.clock.poll(cx));
        self.vitals.expired.store(true, Ordering::Relaxed);
        self.end();
        Poll::Ready(Err(wasmtime::format_err!("its time is up")))
    }

    /// The head of the response is there: from now on its reader has the time.
    pub(crate) fn answered(&mut self) {
        self.clock.phase(Phase::Response);
    }

    /// Lets the function go on by itself: with its response, and with what it does
    /// after that.
    ///
    /// # Errors
    ///
    /// What ended the instance.
    pub(crate) async fn go_on(mut self) -> wasmtime::Result<()> {
        poll_fn(|cx| {
            if self.reader.poll_ended(Side::Caller, cx).is_ready() {
                self.clock.phase(Phase::After);
            }
            self.poll(cx)
        })
        .await
    }

    fn end(&mut self) {
        if self.work.is_some() {
            self.reader.fail();
            self.work = None;
        }
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        self.end();
    }
}

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Head,
    Response,
    After,
}

/// Tells when a request's time is up. It runs from the first time that the request has to
/// wait, or gives way: most end before that, without a timer of theirs.
struct Clock {
    limit: Duration,
    phase: Phase,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    fn start(limit: Duration) -> Self {
        Self {
            limit,
            phase: Phase::Head,
            timer: None,
        }
    }

    fn phase(&mut self, phase: Phase) {
        if self.phase == phase {
            return;
        }
        self.phase = phase;
        let time = self.time();
        if let Some(timer) = &mut self.timer {
            timer.as_mut().reset(Instant::now() + time);
        }
    }

    fn time(&self) -> Duration {
        match self.phase {
            Phase::Response => STREAMING,
            Phase::Head | Phase::After => self.limit,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let time = self.time();
        self.timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(time)))
            .as_mut()
            .poll(cx)
    }
}
