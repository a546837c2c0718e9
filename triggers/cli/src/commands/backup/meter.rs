//! How far long work is.

use std::time::{Duration, Instant};

use super::size;
use crate::report::Reporter;

/// Between two lines. Short work is done before the first.
const PAUSE: Duration = Duration::from_secs(5);

/// Says every now and then how much is done.
pub(super) struct Meter {
    reporter: Reporter,
    doing: &'static str,
    done: u64,
    said: Instant,
}

impl Meter {
    /// `doing` is such as `sent`.
    pub(super) fn new(reporter: Reporter, doing: &'static str) -> Self {
        Self {
            reporter,
            doing,
            done: 0,
            said: Instant::now(),
        }
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.done += bytes;
        if self.said.elapsed() >= PAUSE {
            self.said = Instant::now();
            self.reporter
                .progress(&format!("{} {}", self.doing, size(self.done)));
        }
    }
}
