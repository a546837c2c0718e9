//! What was sent, by whom, and whether it was acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// The topic of events of tasks.
pub(crate) const TASKS: &str = "todo-events";

/// Names a change: the n-th of its person. The number is also the task's title, and
/// so it is in the event and in the effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) person: Uuid,
    pub(crate) sequence: i32,
}

/// A change that somebody tried to make.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    /// Known only to who wrote the event.
    pub(crate) event_id: Option<Uuid>,
    pub(crate) topic: &'static str,
    /// Whoever sent it was told that it is done. Otherwise it may be, or not.
    pub(crate) acknowledged: bool,
}

/// An event that is sent to become a dead letter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Poison {
    /// Who is to give it up.
    pub(crate) consumer: &'static str,
    /// What its dead letter's reason has in it.
    pub(crate) reason: &'static str,
}

/// Everything that was sent in one scenario.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) sent: BTreeMap<Name, Sent>,
    /// By the attribute `poison` of each.
    pub(crate) poison: BTreeMap<&'static str, Vec<Poison>>,
    /// Whose events were given in another order than they were made in.
    pub(crate) shuffled: BTreeSet<Uuid>,
    /// How often a program or its link was killed.
    pub(crate) kills: usize,
}

impl Ledger {
    /// Notes a change before it is sent.
    pub(crate) fn send(&mut self, name: Name, event_id: Option<Uuid>) {
        let sent = Sent {
            event_id,
            topic: TASKS,
            acknowledged: false,
        };
        let before = self.sent.insert(name, sent);
        assert!(before.is_none(), "{name:?} was sent already");
    }

    /// Notes that it was acknowledged.
    pub(crate) fn acknowledge(&mut self, name: Name) {
        if let Some(sent) = self.sent.get_mut(&name) {
            sent.acknowledged = true;
        }
    }

    /// How many changes were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.sent.values().filter(|sent| sent.acknowledged).count()
    }
}

/// A ledger that several write in.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    /// The ledger, for as long as this is held: not across an `await`.
    pub(crate) fn open(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
