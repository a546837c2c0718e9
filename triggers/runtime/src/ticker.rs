//! The clock by which busy functions give way, and where they go on.
//!
//! Compiled code looks at the engine's epoch as it loops. A thread of its own
//! moves the epoch on while any function runs, by four every millisecond: timers of
//! the async runtime would not do, since they stop when functions keep its threads
//! busy. While something goes on in the background it moves four times as often, by
//! one: there functions give way that often, for the system does not always take a
//! processor from them at once when somebody wakes up. With nothing running the
//! thread sleeps.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::Engine;

use crate::background::{Background, Look};
use crate::limits::{cores, has_quota};

/// How long a function goes on before it gives way.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// Epochs in a tick.
pub(crate) const EPOCHS: u32 = 4;

/// Moves an engine's epoch on while something runs.
pub(crate) struct Ticker {
    running: Arc<AtomicUsize>,
    thread: Thread,
    cores: usize,
    has_quota: bool,
    background: Background,
}

/// Keeps the epoch moving until dropped.
pub(crate) struct Running(Arc<AtomicUsize>);

impl Ticker {
    /// Starts the thread. It ends when the ticker is dropped.
    pub(crate) fn start(engine: Engine) -> std::io::Result<Self> {
        let running = Arc::new(AtomicUsize::new(0));
        let watched = Arc::downgrade(&running);
        let background = Background::default();
        let look = background.look();
        let handle = thread::Builder::new()
            .name("epoch".into())
            .spawn(move || tick(&engine, &watched, &look))?;
        Ok(Self {
            running,
            thread: handle.thread().clone(),
            cores: cores(),
            has_quota: has_quota(),
            background,
        })
    }

    /// Where requests go on that compute for long.
    pub(crate) fn background(&self) -> &Background {
        &self.background
    }

    /// Whether more requests are under way than there are processors.
    pub(crate) fn is_crowded(&self) -> bool {
        self.running.load(Ordering::Relaxed) > self.cores
    }

    /// Whether priorities do not keep those in the background from using up what all have
    /// together.
    pub(crate) fn has_quota(&self) -> bool {
        self.has_quota
    }

    /// Says that a function runs until the answer is dropped.
    pub(crate) fn running(&self) -> Running {
        if self.running.fetch_add(1, Ordering::Relaxed) == 0 {
            self.thread.unpark();
        }
        Running(self.running.clone())
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn tick(engine: &Engine, running: &Weak<AtomicUsize>, background: &Look) {
    while let Some(count) = running.upgrade() {
        let idle = count.load(Ordering::Relaxed) == 0;
        drop(count);
        if idle {
            // Not for ever: a token kept by a call may outlive the ticker.
            thread::park_timeout(Duration::from_secs(1));
        } else {
            let epochs = if background.is_busy() { 1 } else { EPOCHS };
            #[expect(
                clippy::disallowed_methods,
                reason = "a thread of its own, whose whole work is to sleep"
            )]
            thread::sleep(TICK / EPOCHS * epochs);
            for _ in 0..epochs {
                engine.increment_epoch();
            }
        }
    }
}
