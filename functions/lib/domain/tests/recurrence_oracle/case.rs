//! A case, and what the product makes of it.

use chrono::{DateTime, NaiveDate};
use domain::recurrence::{Frequency, Occurrence, Rule, Schedule, Until, Zone, weekday_of};
use serde::Serialize;

/// A rule, where it starts, and which of its occurrences are asked for.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Case {
    /// RFC 5545, or `None` for plain fields.
    pub(crate) rrule: Option<String>,
    /// Dates that are left out of `rrule`.
    pub(crate) exdates: Vec<NaiveDate>,
    /// What `rrule` is not.
    pub(crate) fields: Option<Plain>,
    /// At most so many, beside what the rule says itself.
    pub(crate) count: Option<u32>,
    /// Nothing after this instant, in seconds since 1970.
    pub(crate) end: Option<i64>,
    /// In seconds since 1970.
    pub(crate) start: i64,
    /// Its IANA name.
    pub(crate) zone: String,
    /// The first date that is wanted.
    pub(crate) from: NaiveDate,
    /// The last date that is wanted.
    pub(crate) last: NaiveDate,
    /// How many occurrences at most.
    pub(crate) take: usize,
}

/// The plain fields of a series.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Plain {
    pub(crate) frequency: &'static str,
    pub(crate) interval: u32,
    pub(crate) weekdays: Vec<&'static str>,
    pub(crate) month_day: Option<i32>,
}

/// Dates, and instants in seconds since 1970.
pub(crate) type Answer = Vec<(NaiveDate, i64)>;

impl Case {
    /// The product's answer.
    pub(crate) fn expand(&self) -> Answer {
        let occurrences = self.schedule();
        let wanted = occurrences
            .from(self.from)
            .take_while(|one| one.on <= self.last);
        let answer = |Occurrence { on, due_at }| (on, due_at.timestamp());
        wanted.take(self.take).map(answer).collect()
    }

    /// The instant, in seconds, at which clocks show again what they show at
    /// `first`; `first` where they do not.
    pub(crate) fn second_instance(&self, first: i64) -> i64 {
        let zone = Zone::named(&self.zone).unwrap();
        let local = |seconds| zone.local(DateTime::from_timestamp(seconds, 0).unwrap());
        let later = [first + 1800, first + 3600];
        let again = later.into_iter().find(|at| local(*at) == local(first));
        again.unwrap_or(first)
    }

    fn schedule(&self) -> Schedule {
        let zone = Zone::named(&self.zone).unwrap();
        let start = DateTime::from_timestamp(self.start, 0).unwrap();
        let rule = match (&self.rrule, &self.fields) {
            (Some(text), _) => {
                let exdates = self
                    .exdates
                    .iter()
                    .map(|date| date.format("\nEXDATE:%Y%m%d").to_string());
                let text = format!("RRULE:{text}{}", exdates.collect::<String>());
                Rule::parse(&text, &zone).unwrap_or_else(|error| panic!("{text}: {error}"))
            }
            (None, Some(plain)) => plain.rule(zone.date(start)),
            (None, None) => panic!("a case has a rule or fields"),
        };
        let end = self
            .end
            .map(|end| Until::Instant(DateTime::from_timestamp(end, 0).unwrap()));
        Schedule::new(rule, start, zone)
            .until(end)
            .at_most(self.count)
    }
}

impl Plain {
    fn rule(&self, start: NaiveDate) -> Rule {
        let weekdays = self.weekdays.iter().map(|name| weekday_of(name).unwrap());
        let weekdays: Vec<_> = weekdays.collect();
        let frequency = Frequency::parse(self.frequency).unwrap();
        Rule::simple(frequency, self.interval, &weekdays, self.month_day, start)
    }
}
