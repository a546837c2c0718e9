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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::{Out, parse};
    use proptest::prelude::*;

    fn schedule(rule: &str, start: &str, zone: &str) -> Schedule {
        let zone = Zone::named(zone).unwrap();
        Schedule::new(
            Rule::parse(rule, &zone).unwrap(),
            parse(start).unwrap(),
            zone,
        )
    }

    fn due(schedule: &Schedule, count: usize) -> Vec<String> {
        let due = schedule
            .all()
            .take(count)
            .map(|one| Out(one.due_at).to_string());
        due.collect()
    }

    #[test]
    fn local_time_stays_when_the_clocks_change() {
        let schedule = schedule("FREQ=DAILY", "2025-03-29T01:30:00Z", "Europe/Brussels");
        let expected = [
            "2025-03-29T01:30:00Z",
            "2025-03-30T01:30:00Z",
            "2025-03-31T00:30:00Z",
        ];
        assert_eq!(due(&schedule, 3), expected);
    }

    #[test]
    fn the_start_stands_as_given_where_its_local_time_comes_twice() {
        let schedule = schedule("FREQ=DAILY", "2025-10-26T01:30:00Z", "Europe/Brussels");
        assert_eq!(
            due(&schedule, 2),
            ["2025-10-26T01:30:00Z", "2025-10-27T01:30:00Z"]
        );
    }

    #[test]
    fn a_start_that_the_rule_does_not_name_is_no_occurrence() {
        let schedule = schedule("FREQ=WEEKLY;BYDAY=FR", "2025-01-01T09:00:00Z", "UTC");
        assert_eq!(due(&schedule, 1), ["2025-01-03T09:00:00Z"]);
    }

    #[test]
    fn a_rule_that_is_never_met_has_no_occurrences() {
        for rule in [
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31",
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
            "FREQ=DAILY;BYDAY=MO;BYSETPOS=2",
            "FREQ=WEEKLY;INTERVAL=7;BYMONTH=6;BYDAY=MO;BYSETPOS=2",
        ] {
            let schedule = schedule(rule, "2025-02-01T09:00:00Z", "UTC");
            assert_eq!(schedule.all().next(), None, "{rule}");
        }
    }

    #[test]
    fn what_comes_once_in_centuries_is_found() {
        // 2096, and then no leap year until 2104; every hundredth year is one in four.
        let rule = "FREQ=YEARLY;INTERVAL=100;BYMONTH=2;BYMONTHDAY=29";
        let schedule = schedule(rule, "2000-02-29T09:00:00Z", "UTC");
        assert_eq!(
            due(&schedule, 2),
            ["2000-02-29T09:00:00Z", "2400-02-29T09:00:00Z"]
        );
    }

    #[test]
    fn the_last_occurrence_lies_in_the_last_year() {
        let schedule = schedule("FREQ=YEARLY", "1900-01-01T09:00:00Z", "UTC");
        let last = schedule.all().last().unwrap();
        assert_eq!(last.on, NaiveDate::from_ymd_opt(9998, 1, 1).unwrap());
    }

    proptest! {
        #[test]
        fn a_distant_date_is_found_as_if_every_one_before_had_been_walked(
            rule in "FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;INTERVAL=[1-9])?(;BYDAY=(MO|TU,SU))?\
                     (;BYMONTH=[1-9])?(;COUNT=[1-9]{1,3})?",
            start in 0i64..2_000_000_000, later in 0u64..4_000,
        ) {
            let start = Out(DateTime::from_timestamp(start, 0).unwrap()).to_string();
            let schedule = schedule(&rule, &start, "America/New_York");
            let from = schedule.start_on + Days::new(later);
            let walked: Vec<_> = schedule.all().skip_while(|one| one.on < from).take(3).collect();
            let found: Vec<_> = schedule.from(from).take(3).collect();
            prop_assert_eq!(found, walked);
        }

        #[test]
        fn what_is_due_from_an_instant_is_what_is_not_due_before_it(
            start in 1_200_000_000i64..1_400_000_000, later in 0i64..200_000_000,
        ) {
            let from = DateTime::from_timestamp(start + later, 0).unwrap();
            let start = Out(DateTime::from_timestamp(start, 0).unwrap()).to_string();
            let schedule = schedule("FREQ=DAILY;INTERVAL=2", &start, "Pacific/Apia");
            let walked = schedule.all().find(|one| one.due_at >= from);
            prop_assert_eq!(schedule.due_from(from).next(), walked);
        }
    }
}
