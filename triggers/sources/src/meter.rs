//! How far a download is.

use std::time::{Duration, Instant};

/// How often that is told.
const EVERY: Duration = Duration::from_secs(5);

/// Tells now and then how far a download is.
pub(crate) struct Meter<'a> {
    what: &'a str,
    progress: &'a (dyn Fn(&str) + Sync),
    told: Instant,
}

impl<'a> Meter<'a> {
    /// Says that `what` begins.
    pub(crate) fn begin(what: &'a str, progress: &'a (dyn Fn(&str) + Sync)) -> Self {
        progress(&format!("fetching {what}"));
        Self {
            what,
            progress,
            told: Instant::now(),
        }
    }

    /// So many bytes are there, of so many if that is known.
    pub(crate) fn tell(&mut self, received: u64, whole: Option<u64>) {
        if self.told.elapsed() < EVERY {
            return;
        }
        self.told = Instant::now();
        let of = whole.map_or_else(String::new, |whole| format!(" of {:.1}", megabytes(whole)));
        let received = megabytes(received);
        (self.progress)(&format!("fetching {}: {received:.1}{of} MB", self.what));
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
