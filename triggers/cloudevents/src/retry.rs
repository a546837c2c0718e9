//! When a delivery is tried again.

use std::time::Duration;

/// A schedule of attempts: the first pause, doubled each time up to a cap, with a
/// tenth of jitter, so that what failed together does not come back together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// Attempts after the first.
    pub retries: u32,
    /// The pause before the first of them.
    pub first: Duration,
    /// No pause is longer, but for its jitter.
    pub cap: Duration,
}

impl Default for Schedule {
    /// KafkaSource's: ten retries, doubling from 0.6 s; and a cap of 30 s.
    fn default() -> Self {
        Self {
            retries: 10,
            first: Duration::from_millis(600),
            cap: Duration::from_secs(30),
        }
    }
}

impl Schedule {
    /// The pause after `failed` attempts (at least one); none when that was the last.
    pub fn pause(&self, failed: u32) -> Option<Duration> {
        (failed <= self.retries).then(|| self.jittered(failed))
    }

    /// The pause after `failed` attempts in a row that do not count.
    pub fn wait(&self, failed: u32) -> Duration {
        self.jittered(failed)
    }

    fn jittered(&self, failed: u32) -> Duration {
        let doublings = failed.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1 << doublings).min(self.cap);
        pause.mul_f64(1.0 + (fastrand::f64() - 0.5) / 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_end() {
        let schedule = Schedule::default();
        let near = |pause: Duration, seconds: f64| {
            let ratio = pause.as_secs_f64() / seconds;
            assert!((0.9..=1.1).contains(&ratio), "{pause:?} for {seconds} s");
        };
        for (failed, seconds) in [(1, 0.6), (2, 1.2), (6, 19.2), (7, 30.0), (10, 30.0)] {
            near(schedule.pause(failed).unwrap(), seconds);
        }
        assert_eq!(schedule.pause(11), None);
        near(schedule.wait(1000), 30.0);
    }
}
