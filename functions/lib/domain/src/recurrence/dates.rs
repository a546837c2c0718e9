//! The dates of a rule, one after the other.

use chrono::{Datelike as _, NaiveDate};

use super::rule::{Frequency, Rule};
use super::{YEARS, matching, periods};

/// The dates of a rule that starts on a date, in their order. The search for the
/// next one ends after 400 years without any: the calendar then repeats itself,
/// so there is none.
#[derive(Clone, Debug)]
pub(super) struct Dates<'a> {
    rule: &'a Rule,
    start: NaiveDate,
    /// The first date that is wanted.
    from: NaiveDate,
    /// The next period.
    index: i64,
    /// What is left of the period before, in descending order.
    found: Vec<NaiveDate>,
    /// How many dates came before those in `found`.
    counted: u64,
}

impl<'a> Dates<'a> {
    /// The dates of `rule`, which starts at `start`, from `from` on.
    pub(super) fn new(rule: &'a Rule, start: NaiveDate, from: NaiveDate) -> Self {
        let from = from.max(start);
        let index = periods::index(rule, start, from);
        let counted = match rule.count {
            None => Some(0),
            Some(_) => counted_before(rule, start, index),
        };
        Self {
            rule,
            start,
            from,
            // Where they can't be worked out, they are counted.
            index: if counted.is_some() { index } else { 0 },
            found: Vec::new(),
            counted: counted.unwrap_or(0),
        }
    }

    /// Looks for the next period that has dates.
    fn search(&mut self) -> Option<()> {
        // The first and the last one may be cut.
        for _ in 0..periods::cycle(self.rule.frequency) + 2 {
            let first = periods::first_day(self.rule, self.start, self.index)?;
            if first.year() > *YEARS.end() {
                return None;
            }
            self.index += 1;
            self.found = named(self.rule, self.start, first);
            self.found.reverse();
            if !self.found.is_empty() {
                return Some(());
            }
        }
        None
    }
}

impl Iterator for Dates<'_> {
    type Item = NaiveDate;

    fn next(&mut self) -> Option<NaiveDate> {
        loop {
            if self.found.is_empty() {
                self.search()?;
            }
            let date = self.found.pop()?;
            self.counted += 1;
            let counted_out = self
                .rule
                .count
                .is_some_and(|count| self.counted > count.into());
            if counted_out || date.year() > *YEARS.end() {
                return None;
            }
            if date >= self.from && !self.rule.except.contains(&date) {
                return Some(date);
            }
        }
    }
}

/// The dates of the period that begins at `first`, without those before `start`.
fn named(rule: &Rule, start: NaiveDate, first: NaiveDate) -> Vec<NaiveDate> {
    let mut dates = matching::dates(rule, first);
    dates.retain(|date| *date >= start);
    dates
}

/// How many dates lie in the periods before `index`, when that can be worked out.
fn counted_before(rule: &Rule, start: NaiveDate, index: i64) -> Option<u64> {
    let later = match u64::try_from(index).ok()? {
        0 => return Some(0),
        index => index - 1,
    };
    let first = named(rule, start, periods::first_day(rule, start, 0)?);
    Some(first.len() as u64 + later * each_period(rule)?)
}

/// How many dates every period has, where all have as many.
fn each_period(rule: &Rule) -> Option<u64> {
    let one_day = rule.month_days.len() == 1 && rule.weekdays.is_empty();
    let one_month_day = one_day && (rule.clamps || rule.month_days[0] == -1);
    match rule.frequency {
        _ if !rule.positions.is_empty() => None,
        Frequency::Yearly => (one_month_day && rule.months.len() == 1).then_some(1),
        _ if !rule.months.is_empty() => None,
        Frequency::Daily => (rule.month_days.is_empty() && rule.weekdays.is_empty()).then_some(1),
        Frequency::Weekly => {
            let mut weekdays: Vec<u32> = rule
                .weekdays
                .iter()
                .map(|day| day.weekday.num_days_from_monday())
                .collect();
            weekdays.sort_unstable();
            weekdays.dedup();
            Some(weekdays.len() as u64)
        }
        Frequency::Monthly => one_month_day.then_some(1),
    }
}
