//! A rule with its start and its time zone: occurrences and their instants.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};

use super::dates::Dates;
use super::rule::{Rule, Until};
use super::zone::Zone;

/// One time that something recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The local date that it is known by.
    pub on: NaiveDate,
    /// The instant when it is due.
    pub due_at: DateTime<Utc>,
}

/// When something recurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    rule: Rule,
    start: DateTime<Utc>,
    start_on: NaiveDate,
    time: NaiveTime,
    zone: Zone,
    until: Option<Until>,
}

impl Schedule {
    /// The schedule of `rule` from the instant `start` on, in local time of
    /// `zone`. The start is an occurrence only when the rule names its date.
    pub fn new(rule: Rule, start: DateTime<Utc>, zone: Zone) -> Self {
        let local = zone.local(start);
        Self {
            rule: rule.starting(local.date()),
            start,
            start_on: local.date(),
            time: local.time(),
            zone,
            until: None,
        }
    }

    /// The schedule with a further end.
    #[must_use]
    pub fn until(mut self, until: Option<Until>) -> Self {
        self.until = until;
        self
    }

    /// The schedule with at most `count` occurrences, where it has a count.
    #[must_use]
    pub fn at_most(mut self, count: Option<u32>) -> Self {
        self.rule.count = match (self.rule.count, count) {
            (Some(own), Some(count)) => Some(own.min(count)),
            (own, count) => own.or(count),
        };
        self
    }

    /// The schedule without any count.
    #[must_use]
    pub fn without_count(mut self) -> Self {
        self.rule.count = None;
        self
    }

    /// The occurrences, from the first.
    pub fn all(&self) -> impl Iterator<Item = Occurrence> + '_ {
        self.from(self.start_on)
    }

    /// The occurrences of the date `on` and later.
    pub fn from(&self, on: NaiveDate) -> impl Iterator<Item = Occurrence> + '_ {
        Dates::new(&self.rule, self.start_on, on)
            .map(|on| self.occurrence(on))
            .take_while(|occurrence| self.admits(*occurrence))
    }

    /// The occurrences after the date `on`; all, when there is none.
    pub fn after(&self, on: Option<NaiveDate>) -> impl Iterator<Item = Occurrence> + '_ {
        let from = match on {
            Some(on) => on.succ_opt().unwrap_or(NaiveDate::MAX),
            None => self.start_on,
        };
        self.from(from)
    }

    /// The occurrences that are due at `instant` or later.
    pub fn due_from(&self, instant: DateTime<Utc>) -> impl Iterator<Item = Occurrence> + '_ {
        // A gap moves what is due in it to a later date, by a day at most.
        let date = self.zone.date(instant);
        let from = date.checked_sub_days(Days::new(2)).unwrap_or(date);
        self.from(from)
            .skip_while(move |occurrence| occurrence.due_at < instant)
    }

    /// Whether there is an occurrence on the date `on`.
    pub fn includes(&self, on: NaiveDate) -> bool {
        self.from(on)
            .next()
            .is_some_and(|occurrence| occurrence.on == on)
    }

    /// Whether an occurrence is not after the end.
    pub fn admits(&self, occurrence: Occurrence) -> bool {
        let Occurrence { on, due_at } = occurrence;
        let ends = [self.rule.until, self.until];
        ends.into_iter()
            .flatten()
            .all(|until| until.admits(on, due_at, &self.zone))
    }

    /// What would be due on the date `on`, be it an occurrence or not.
    pub fn occurrence(&self, on: NaiveDate) -> Occurrence {
        let due_at = if on == self.start_on {
            self.start
        } else {
            self.zone.instant(on.and_time(self.time))
        };
        Occurrence { on, due_at }
    }
}
