//! What a response's reader and the instance at work on it tell each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures::task::AtomicWaker;

/// Shared by a response's body and the instance that makes it.
#[derive(Default)]
pub(crate) struct Reader {
    ended: AtomicBool,
    failed: AtomicBool,
    instance: AtomicWaker,
}

impl Reader {
    /// The response was read to its end, or nobody reads it any more.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.instance.wake();
    }

    /// Ready when the response has ended. One task at a time may wait.
    pub(crate) fn poll_ended(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.instance.register(cx.waker());
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
