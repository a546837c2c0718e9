//! Instances that wait for their next request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;

use crate::instance::Instance;

/// An instance that had nothing to do for this long is dropped.
const IDLE: Duration = Duration::from_secs(10);

/// A function's idle instances. The one that worked last works next: its memory is
/// still in the processor's caches, and those that a burst left over grow old.
#[derive(Default)]
pub(crate) struct Idle(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    /// Oldest first.
    instances: VecDeque<(Instance, Instant)>,
    /// Somebody looks after the old ones.
    swept: bool,
}

impl Idle {
    pub(crate) fn take(&self) -> Option<Instance> {
        let (instance, _) = self.lock().instances.pop_back()?;
        Some(instance)
    }

    pub(crate) fn give_back(self: &Arc<Self>, instance: Instance) {
        let mut waiting = self.lock();
        waiting.instances.push_back((instance, Instant::now()));
        if !waiting.swept {
            waiting.swept = true;
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Removes the instances that are too old. Answers when to look again, and
    /// nothing when none is left.
    fn expire(&self) -> Option<Instant> {
        let now = Instant::now();
        let (old, next) = {
            let mut waiting = self.lock();
            let fresh = |(_, since): &(Instance, Instant)| *since + IDLE > now;
            let count = waiting.instances.iter().position(fresh);
            let count = count.unwrap_or(waiting.instances.len());
            let old: Vec<_> = waiting.instances.drain(..count).collect();
            let next = waiting.instances.front().map(|(_, since)| *since + IDLE);
            waiting.swept = next.is_some();
            (old, next)
        };
        // Outside the lock: unmapping an instance's memory takes its time.
        drop(old);
        next
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn sweep(idle: Weak<Idle>) {
    let mut next = Instant::now() + IDLE;
    loop {
        tokio::time::sleep_until(next).await;
        match idle.upgrade().and_then(|idle| idle.expire()) {
            Some(later) => next = later,
            None => return,
        }
    }
}
