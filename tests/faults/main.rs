//! The fault suite: whatever is killed, cut or sent twice, nothing is lost, nothing
//! happens twice, and each person's events keep their order.
//!
//! A [`World`](world::World) is a database, people, and a [ledger](ledger) of what they sent. A
//! scenario does its worst to the programs that work on it; then the
//! [checker](checker) reads the database and holds it against the ledger. [`planted`]
//! shows that the checker sees what it is there to see.
//!
//! `FAULTS_EVENTS` is the size of the mixed traffic, `FAULTS_SEED` repeats its kills.
//! Clocks that jump, zones and leap days are in `triggers/cron/tests/clocks.rs`, in
//! `triggers/manifest/src/schedule` and in `functions/lib/domain`.

// What scenarios are made of.
mod checker;
mod found;
mod ledger;
mod proxy;
mod sizes;
mod traffic;
mod world;

// The scenarios.
mod failpoints;
mod kafka;
mod link;
mod mixed;
mod planted;
mod poison;
mod repeated;
mod rolled_back;
mod ticks;
mod two_hosts;

use tokio::sync::{Mutex, MutexGuard};

type Result<T = ()> = anyhow::Result<T>;

/// Scenarios measure times and fill the machine: one at a time.
async fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::const_new(());
    TURN.lock().await
}
