//! What a response's reader and the instance at work on it tell each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;

/// Shared by a response's body and the instance that makes it.
#[derive(Default)]
pub(crate) struct Reader {
    ended: AtomicBool,
    failed: AtomicBool,
    /// Who waits for the end, one task on each side.
    waiting: [AtomicWaker; 2],
}

/// Who waits for the end of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Side {
    /// The instance.
    Instance,
    /// Whoever called it.
    Caller,
}

impl Reader {
    /// The response was read to its end, or nobody reads it any more.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.waiting.iter().for_each(AtomicWaker::wake);
    }

    /// Ready when the response has ended. One task at a time may wait on each side.
    pub(crate) fn poll_ended(&self, side: Side, cx: &mut Context<'_>) -> Poll<()> {
        let [instance, caller] = &self.waiting;
        match side {
            Side::Instance => instance.register(cx.waker()),
            Side::Caller => caller.register(cx.waker()),
        }
        if self.ended.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// The instance ended by a failure. Said before the instance goes, for with it
    /// ends what the response is read from, and the reader must not take that for
    /// the response's own end.
    pub(crate) fn fail(&self) {
        self.failed.store(true, Ordering::Release);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Acquire)
    }
}
