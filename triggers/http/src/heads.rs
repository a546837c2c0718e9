//! The time that a caller has for the head of a request.
//!
//! A timer that is set and taken back for each request costs a small function some
//! hundredths of its time. So what hyper takes for its timer only notes until when the
//! head has to be there, and one timer for the connection looks at the note: at the end of
//! the time that was left when it looked last.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// No head is waited for.
const NONE: u64 = u64::MAX;

/// A connection's heads. Clones are the same connection's.
#[derive(Clone)]
pub(crate) struct Heads(Arc<Noted>);

struct Noted {
    opened: Instant,
    /// How long a caller may take for a head.
    limit: Duration,
    /// When the next one has to be there, in milliseconds after the connection was opened.
    due: AtomicU64,
}

impl Heads {
    /// The heads of a connection that was opened just now. The first one is waited for.
    pub(crate) fn of_new(limit: Duration) -> Self {
        Self(Arc::new(Noted {
            opened: Instant::now(),
            limit,
            due: AtomicU64::new(milliseconds(limit)),
        }))
    }

    /// The head is there.
    pub(crate) fn came(&self) {
        self.0.due.store(NONE, Ordering::Relaxed);
    }

    /// Returns when one did not come in time.
    pub(crate) async fn late(&self) {
        loop {
            let wait = match self.0.due.load(Ordering::Relaxed) {
                // Whatever is waited for from now on has no less time than this.
                NONE => self.0.limit,
                due => {
                    let due = self.0.opened + Duration::from_millis(due);
                    due.saturating_duration_since(Instant::now())
                }
            };
            if wait.is_zero() {
                return;
            }
            tokio::time::sleep(wait).await;
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NONE)
}

impl Timer for Heads {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let due = milliseconds(deadline.duration_since(self.0.opened));
        self.0.due.store(due, Ordering::Relaxed);
        Box::pin(Waiting(self.clone()))
    }
}

/// A head that is waited for: as long as this is there. It never ends by itself, for
/// [`Heads::late`] ends the connection.
struct Waiting(Heads);

impl Sleep for Waiting {}

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.came();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(100);

    async fn is_late_within(heads: &Heads, time: Duration) -> bool {
        timeout(time, heads.late()).await.is_ok()
    }

    #[tokio::test]
    async fn a_first_head_that_does_not_come_is_late() {
        let heads = Heads::of_new(LIMIT);
        let begun = Instant::now();
        heads.late().await;
        assert!(begun.elapsed() >= LIMIT - Duration::from_millis(1));
    }

    #[tokio::test]
    async fn one_that_came_is_not_late_and_the_next_one_has_its_own_time() {
        let heads = Heads::of_new(LIMIT);
        drop(heads.sleep(LIMIT));
        assert!(!is_late_within(&heads, LIMIT * 3).await);
        let begun = Instant::now();
        let _waiting = heads.sleep(LIMIT);
        heads.late().await;
        assert!(begun.elapsed() >= LIMIT - Duration::from_millis(1));
    }
}
