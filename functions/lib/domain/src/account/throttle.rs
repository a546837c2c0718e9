//! How sign-in slows down whoever guesses passwords, without keeping anybody out.
//!
//! A try counts as a failure from the moment it is let in, so that a hundred at
//! once are not all the first; a try that succeeds is taken back.

use chrono::{DateTime, TimeDelta, Utc};

/// When waiting begins and where it ends.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Failures from which on there is a wait: one second, then twice as long
    /// after each further one.
    pub after: i32,
    /// The longest wait.
    pub at_most: TimeDelta,
}

/// How long without a try until a count starts anew.
const MEMORY: TimeDelta = TimeDelta::minutes(15);

/// What is known about one account, one address, or one pair of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Tries that count.
    pub count: i32,
    /// No further try before.
    pub blocked_until: Option<DateTime<Utc>>,
    /// When the count starts anew.
    pub forget_at: DateTime<Utc>,
    /// Until when a pair is known to belong together.
    pub trusted_until: Option<DateTime<Utc>>,
}

impl Backoff {
    /// How long to wait after `failures`.
    fn wait(self, failures: i32) -> TimeDelta {
        if failures < self.after {
            return TimeDelta::zero();
        }
        // Twenty doublings are twelve days, more than any bound.
        let doublings = (failures - self.after).min(20);
        TimeDelta::seconds(1 << doublings).min(self.at_most)
    }
}

impl Counter {
    /// A counter that starts at `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self {
            count: 0,
            blocked_until: None,
            forget_at: now,
            trusted_until: None,
        }
    }

    /// How long until the next try is let in, or `None` when it may be made now.
    pub fn wait(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.blocked_until
            .map(|until| until - now)
            .filter(|wait| *wait > TimeDelta::zero())
    }

    /// Counts a try that is being made.
    pub fn attempt(&mut self, backoff: Backoff, now: DateTime<Utc>) {
        if now >= self.forget_at {
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        let until = now + backoff.wait(self.count);
        self.blocked_until = (until > now).then_some(until);
        self.forget_at = until + MEMORY;
    }

    /// Takes a try back that succeeded, and with it the wait that it began.
    pub fn take_back(&mut self) {
        self.count = (self.count - 1).max(0);
        self.blocked_until = None;
    }

    /// Whether the pair signed in well not long ago.
    pub fn is_trusted(&self, now: DateTime<Utc>) -> bool {
        self.trusted_until.is_some_and(|until| now < until)
    }

    /// Counts one use of a quota of `limit` per `span`, or says how long until it
    /// is filled up again.
    ///
    /// # Errors
    ///
    /// The wait, when the quota is used up.
    pub fn spend(
        &mut self,
        limit: i32,
        span: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<(), TimeDelta> {
        if now >= self.forget_at {
            self.count = 0;
            self.forget_at = now + span;
        }
        if self.count >= limit {
            return Err(self.forget_at - now);
        }
        self.count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff {
        after: 5,
        at_most: TimeDelta::minutes(15),
    };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_750_000_000 + seconds, 0).unwrap()
    }

    /// Makes a try as soon as it is let in; returns when that was.
    fn next(counter: &mut Counter, now: i64) -> i64 {
        let now = now + counter.wait(at(now)).map_or(0, |wait| wait.num_seconds());
        counter.attempt(BACKOFF, at(now));
        now
    }

    #[test]
    fn four_failures_cost_nothing_and_the_fifth_a_second() {
        let mut counter = Counter::new(at(0));
        for _ in 0..4 {
            counter.attempt(BACKOFF, at(0));
            assert_eq!(counter.wait(at(0)), None);
        }
        counter.attempt(BACKOFF, at(0));
        assert_eq!(counter.wait(at(0)), Some(TimeDelta::seconds(1)));
        assert_eq!(counter.wait(at(1)), None);
    }

    #[test]
    fn every_further_failure_doubles_the_wait_up_to_the_bound() {
        let mut counter = Counter::new(at(0));
        let times: Vec<_> = (0..18)
            .scan(0, |now, _| {
                *now = next(&mut counter, *now);
                Some(*now)
            })
            .collect();
        let waits: Vec<_> = times
            .windows(2)
            .skip(4)
            .map(|pair| pair[1] - pair[0])
            .collect();
        assert_eq!(
            waits,
            [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
        );
    }

    #[test]
    fn a_quarter_of_an_hour_without_a_try_forgets_everything() {
        let mut counter = Counter::new(at(0));
        (0..6).for_each(|_| counter.attempt(BACKOFF, at(0)));
        counter.attempt(BACKOFF, at(2 + 15 * 60));
        assert_eq!((counter.count, counter.blocked_until), (1, None));
    }

    #[test]
    fn a_success_takes_its_own_try_back() {
        let mut counter = Counter::new(at(0));
        (0..5).for_each(|_| counter.attempt(BACKOFF, at(0)));
        counter.take_back();
        assert_eq!((counter.count, counter.wait(at(0))), (4, None));
    }

    #[test]
    fn a_quota_is_filled_up_when_its_span_ends() {
        let mut counter = Counter::new(at(0));
        let hour = TimeDelta::hours(1);
        assert_eq!(counter.spend(2, hour, at(0)), Ok(()));
        assert_eq!(counter.spend(2, hour, at(60)), Ok(()));
        assert_eq!(counter.spend(2, hour, at(600)), Err(TimeDelta::minutes(50)));
        assert_eq!(counter.spend(2, hour, at(3600)), Ok(()));
        assert_eq!(Counter::new(at(0)).spend(0, hour, at(0)), Err(hour));
    }

    proptest! {
        #[test]
        fn no_wait_is_longer_than_the_bound(failures in any::<i32>()) {
            prop_assert!(BACKOFF.wait(failures) <= BACKOFF.at_most);
        }
    }
}
