//! What the places do in a build with them.

use std::sync::LazyLock;

use rustix::process::{Signal, getpid, kill_process};

use crate::choice::Choice;

/// Chooses a place, and which passage of it.
const VARIABLE: &str = "SPINDRIFT_FAILPOINT";

static CHOSEN: LazyLock<Option<Choice>> = LazyLock::new(|| {
    let text = std::env::var(VARIABLE).ok()?;
    Choice::parse(&text)
});

pub(crate) fn reach(name: &str) {
    if CHOSEN.as_ref().is_some_and(|choice| choice.is_here(name)) {
        // Nothing of this process runs after the call, whatever it answers.
        _ = kill_process(getpid(), Signal::KILL);
        std::process::abort();
    }
}
