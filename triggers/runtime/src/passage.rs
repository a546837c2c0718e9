//! Places that a call comes past, told to whoever watches: the fault suite, which kills
//! the process there. They are no failpoints, for which this crate, the longest to
//! compile, would have to be compiled a second time.

use std::sync::OnceLock;

/// A place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// A function wants its transaction ended, and the server was not told.
    TransactionEnding,
    /// The server has ended the transaction, and the function was not told.
    TransactionEnded,
}

static WATCHER: OnceLock<fn(Passage)> = OnceLock::new();

/// Has `watcher` told of every passage in this process. The first watcher stays.
pub fn watch(watcher: fn(Passage)) {
    _ = WATCHER.set(watcher);
}

pub(crate) fn come_past(passage: Passage) {
    if let Some(watcher) = WATCHER.get() {
        watcher(passage);
    }
}
