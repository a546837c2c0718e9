//! Threads for requests that want a processor for long.
//!
//! A thread that answers requests can do nothing else while a function computes on it.
//! So a request that has run for a tenth of a second, as hardly any does, is moved to
//! threads that have a processor only while nobody else wants it, and lose it the moment
//! that somebody wakes up: no function that gives way by itself now and then can offer
//! that. A request that is starved at one of them goes on at another, for the system leaves
//! such threads where they are. On a machine that always has something else to do they
//! would never have a processor, so one that is starved there, too, goes on to threads that
//! have a small share at all times.

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::{Duration, Instant};

use futures::channel::oneshot;
use futures::future::{AbortHandle, FutureExt as _, abortable};
use futures::stream::{FuturesUnordered, StreamExt as _};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{self, error::TrySendError};

use crate::drive::Work;
use crate::engine::MAX_INSTANCES;
use crate::limits::cores;

/// By how much the niceness of those with a share is over the other threads'. Where both
/// have work without end, these get a tenth of a processor.
const NICENESS: i32 = 10;

/// Between two places where it gives way a function runs for a millisecond. Who took so
/// long for it had no processor meanwhile.
const STARVED: Duration = Duration::from_millis(250);

/// Who is starved at two threads within this time finds no processor at any.
const STEADY: Duration = Duration::from_secs(1);

/// The threads.
pub(crate) struct Background {
    threads: Arc<Threads>,
    /// Shared once more for each request that is there.
    present: Arc<()>,
}

/// Threads of one priority, as many as there are processors. They start with the first
/// request that comes to them.
struct Threads {
    priority: Priority,
    workers: OnceLock<Vec<Worker>>,
    /// Where those go on that are starved.
    next: Option<Arc<Threads>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Priority {
    /// What nobody else wants (sched(7): `SCHED_IDLE`).
    Idle,
    /// A small share.
    Low,
}

/// A thread.
struct Worker {
    queue: mpsc::Sender<Job>,
    /// As many times shared as it has requests.
    load: Arc<()>,
}

/// A request at a thread, or on its way there.
struct Job {
    work: Pin<Box<dyn Future<Output = ()> + Send>>,
    load: Option<Arc<()>>,
    /// It comes from a thread of the same priority, where it was starved.
    was_starved: bool,
}

/// A request that goes on in the background. Dropping it ends its instance, as soon as
/// the function comes to a place where it would give way.
pub(crate) struct Moved {
    result: oneshot::Receiver<wasmtime::Result<()>>,
    abort: AbortHandle,
}

impl Default for Background {
    fn default() -> Self {
        let low = Threads::new(Priority::Low, None);
        Self {
            threads: Threads::new(Priority::Idle, Some(low)),
            present: Arc::default(),
        }
    }
}

impl Background {
    /// Tells later whether anything goes on here.
    pub(crate) fn look(&self) -> Look {
        Look(Arc::downgrade(&self.present))
    }

    /// Has `work` go on there. Where the system refuses threads, it ends with an error.
    pub(crate) fn take(&self, work: Work) -> Moved {
        let (work, abort) = abortable(AssertUnwindSafe(work).catch_unwind());
        let (told, result) = oneshot::channel();
        let present = self.present.clone();
        let work = async move {
            let _present = present;
            // What was given up has nobody who waits for its result.
            if let Ok(ended) = work.await {
                _ = told.send(ended.unwrap_or_else(|panic| Err(panicked(&*panic))));
            }
        };
        // One that is not taken is dropped, and with it `told`.
        drop(self.threads.take(Job {
            work: Box::pin(work),
            load: None,
            was_starved: false,
        }));
        Moved { result, abort }
    }
}

/// Whether anything goes on in the background, for as long as there is one.
pub(crate) struct Look(Weak<()>);

impl Look {
    pub(crate) fn is_busy(&self) -> bool {
        // One is the background's own.
        self.0.strong_count() > 1
    }
}

impl Moved {
    /// Ready when the work has ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<wasmtime::Result<()>> {
        let result = ready!(self.result.poll_unpin(cx));
        let gone = || Err(wasmtime::format_err!("there is no thread for it"));
        Poll::Ready(result.unwrap_or_else(|_| gone()))
    }
}

impl Drop for Moved {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

impl Threads {
    fn new(priority: Priority, next: Option<Arc<Self>>) -> Arc<Self> {
        Arc::new(Self {
            priority,
            workers: OnceLock::new(),
            next,
        })
    }

    /// Gives a request to the thread that has the fewest, of those where it is not.
    ///
    /// # Errors
    ///
    /// The request: there is no such thread.
    fn take(self: &Arc<Self>, mut job: Job) -> Result<(), Job> {
        let is_there = |w: &&Worker| job.load.as_ref().is_some_and(|l| Arc::ptr_eq(l, &w.load));
        let others = self.workers().iter().filter(|w| !is_there(w));
        let Some(worker) = others.min_by_key(|w| Arc::strong_count(&w.load)) else {
            return Err(job);
        };
        job.load = Some(worker.load.clone());
        let sent = worker.queue.try_send(job);
        sent.map_err(TrySendError::into_inner)
    }

    /// Finds another thread for a request that was starved: one of these, where another
    /// processor may have nothing better to do, and after that one with a share.
    ///
    /// # Errors
    ///
    /// The request: there is none.
    fn rescue(self: &Arc<Self>, mut job: Job) -> Result<(), Job> {
        if !job.was_starved {
            job.was_starved = true;
            match self.take(job) {
                Ok(()) => return Ok(()),
                Err(refused) => job = refused,
            }
        }
        match &self.next {
            Some(next) => next.take(job),
            None => Err(job),
        }
    }

    fn workers(self: &Arc<Self>) -> &[Worker] {
        self.workers.get_or_init(|| {
            // At the same time: a thread that was started by one of these would have their
            // priority, which nobody can raise again.
            if let Some(next) = &self.next {
                next.workers();
            }
            self.start()
        })
    }

    /// A thread for each processor; none where the system refuses them.
    fn start(self: &Arc<Self>) -> Vec<Worker> {
        let worker = |_| Worker::start(self);
        let started: io::Result<_> = (0..cores()).map(worker).collect();
        started.unwrap_or_else(|error| {
            tracing::error!(%error, "no threads for requests that compute for long");
            Vec::new()
        })
    }
}

impl Worker {
    fn start(threads: &Arc<Threads>) -> io::Result<Self> {
        // Each request has an instance, so that there is room for all.
        let (queue, jobs) = mpsc::channel(MAX_INSTANCES as usize);
        // Timers and connections are those of the threads that answer requests, also of
        // what is made here and outlives its request.
        let runtime = Handle::current();
        let (priority, threads) = (threads.priority, Arc::downgrade(threads));
        thread::Builder::new()
            .name("background".into())
            .spawn(move || {
                if let Err(error) = priority.take_on() {
                    tracing::warn!(error, "the priority of a thread cannot be lowered");
                }
                runtime.block_on(work_off(jobs, priority, threads));
            })?;
        Ok(Self {
            queue,
            load: Arc::default(),
        })
    }
}

impl Priority {
    /// The calling thread has it from now on. The error is in words.
    fn take_on(self) -> Result<(), String> {
        // For whom it is refused, a small share is the next best.
        rustix::process::nice(NICENESS).map_err(|error| error.to_string())?;
        if self == Self::Low {
            return Ok(());
        }
        let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy)
            .map_err(|error| error.to_string())
    }
}

impl Job {
    /// Works until the request has ended, or until it was starved; then it is answered,
    /// if it has anywhere to go.
    async fn run(mut self, stays: bool) -> Option<Self> {
        let came = Instant::now();
        let polled = std::future::poll_fn(|cx| {
            // What the thread was denied is not made up for at the cost of who is woken now.
            thread::yield_now();
            let began = Instant::now();
            match self.work.poll_unpin(cx) {
                Poll::Pending if stays || began.elapsed() < STARVED => Poll::Pending,
                polled => Poll::Ready(polled),
            }
        })
        .await;
        self.was_starved &= came.elapsed() < STEADY;
        polled.is_pending().then_some(self)
    }
}

/// Works on all that is in the queue at once, until nothing more can come.
async fn work_off(mut queue: mpsc::Receiver<Job>, priority: Priority, threads: Weak<Threads>) {
    let mut jobs = FuturesUnordered::new();
    let stays = priority == Priority::Low;
    loop {
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => jobs.push(job.run(stays)),
                None => return,
            },
            Some(starved) = jobs.next() => {
                if let Some((job, threads)) = starved.zip(threads.upgrade()) {
                    // One that nobody takes goes on here.
                    if let Err(job) = threads.rescue(job) {
                        jobs.push(job.run(true));
                    }
                }
            }
        }
    }
}

/// A panic of the host's, as an error of the one request.
fn panicked(panic: &(dyn Any + Send)) -> wasmtime::Error {
    let message = panic
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| panic.downcast_ref::<String>().cloned());
    wasmtime::format_err!("panicked: {}", message.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(work: impl Future<Output = wasmtime::Result<()>> + Send + 'static) -> Work {
        Box::pin(work)
    }

    async fn ended(mut moved: Moved) -> wasmtime::Result<()> {
        std::future::poll_fn(|cx| moved.poll(cx)).await
    }

    /// The policy of the calling thread, and its niceness.
    fn scheduled() -> (ThreadSchedulePolicy, i32) {
        let policy = thread_priority::thread_schedule_policy().unwrap();
        let niceness = rustix::process::getpriority_process(None).unwrap();
        (policy, niceness)
    }

    fn idle() -> ThreadSchedulePolicy {
        ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle)
    }

    #[tokio::test]
    async fn work_ends_with_its_result_on_a_thread_that_others_go_before() {
        let background = Background::default();
        let (told, policy) = oneshot::channel();
        let moved = background.take(work(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            _ = told.send(scheduled().0);
            wasmtime::bail!("no more")
        }));
        assert_eq!(ended(moved).await.unwrap_err().to_string(), "no more");
        assert_eq!(policy.await.unwrap(), idle());
    }

    #[tokio::test]
    async fn what_is_starved_has_a_share_from_then_on() {
        let background = Background::default();
        let (_, own) = scheduled();
        let (told, seen) = oneshot::channel();
        let moved = background.take(work(async move {
            let before = scheduled();
            // At one thread, and at another.
            for _ in 0..2 {
                let begun = Instant::now();
                while begun.elapsed() < STARVED {
                    std::hint::spin_loop();
                }
                tokio::task::yield_now().await;
            }
            _ = told.send((before, scheduled()));
            Ok(())
        }));
        ended(moved).await.unwrap();
        let ((before, _), (after, niceness)) = seen.await.unwrap();
        assert_eq!(before, idle());
        assert_ne!(after, idle());
        assert_eq!(niceness, own + NICENESS);
    }

    #[tokio::test]
    async fn a_panic_is_the_error_of_one_request() {
        let background = Background::default();
        let beside = background.take(work(tokio::task::yield_now().map(Ok)));
        let moved = background.take(work(async { panic!("of the host's") }));
        let error = ended(moved).await.unwrap_err();
        assert_eq!(error.to_string(), "panicked: of the host's");
        ended(beside).await.unwrap();
        let later = background.take(work(async { Ok(()) }));
        ended(later).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_dropped_ends() {
        let background = Background::default();
        let (kept, gone) = oneshot::channel::<()>();
        let moved = background.take(work(async move {
            let _kept = kept;
            std::future::pending().await
        }));
        drop(moved);
        gone.await.unwrap_err();
    }
}
