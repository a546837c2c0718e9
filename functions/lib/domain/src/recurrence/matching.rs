//! Which dates of one period a rule names (RFC 5545, section 3.3.10).

use chrono::{Datelike as _, Days, NaiveDate};

use super::rule::{Frequency, NthWeekday, Rule};

/// The dates that `rule` names in the period that begins at `first`, ascending.
pub(super) fn dates(rule: &Rule, first: NaiveDate) -> Vec<NaiveDate> {
    let mut dates = match rule.frequency {
        Frequency::Daily => in_span(rule, first, first),
        Frequency::Weekly => in_span(rule, first, plus(first, 6)),
        Frequency::Monthly => in_span(rule, first, month_end(first)),
        Frequency::Yearly => in_year(rule, first.year()),
    };
    if !rule.positions.is_empty() {
        dates = at_positions(&dates, &rule.positions);
    }
    dates
}

/// A numbered weekday is one of its month where months are named, else of its
/// year.
fn in_year(rule: &Rule, year: i32) -> Vec<NaiveDate> {
    let first = |month| NaiveDate::from_ymd_opt(year, month, 1);
    if !rule.months.is_empty() {
        let months = (1..=12).filter(|month| rule.months.contains(month));
        return months
            .filter_map(first)
            .flat_map(|first| in_span(rule, first, month_end(first)))
            .collect();
    }
    match (first(1), first(12)) {
        (Some(january), Some(december)) => in_span(rule, january, month_end(december)),
        _ => Vec::new(),
    }
}

fn in_span(rule: &Rule, first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    // A month is in or out as a whole; only a week can have days of two.
    if first.month() == last.month() && !names_month(rule, first) {
        return Vec::new();
    }
    first
        .iter_days()
        .take_while(|date| *date <= last)
        .filter(|date| names_month(rule, *date))
        .filter(|date| names_month_day(rule, *date))
        .filter(|date| names_weekday(rule, *date, first, last))
        .collect()
}

fn names_month(rule: &Rule, date: NaiveDate) -> bool {
    rule.months.is_empty() || rule.months.contains(&date.month())
}

fn names_month_day(rule: &Rule, date: NaiveDate) -> bool {
    if rule.month_days.is_empty() {
        return true;
    }
    let day = date.day().cast_signed();
    let length = i32::from(date.num_days_in_month());
    rule.month_days.iter().any(|&named| match named {
        1.. if rule.clamps => named.min(length) == day,
        1.. => named == day,
        _ => length + 1 + named == day,
    })
}

fn names_weekday(rule: &Rule, date: NaiveDate, first: NaiveDate, last: NaiveDate) -> bool {
    if rule.weekdays.is_empty() {
        return true;
    }
    let nth = |from: NaiveDate, to: NaiveDate| (to - from).num_days() / 7 + 1;
    rule.weekdays.iter().any(
        |&NthWeekday {
             nth: named,
             weekday,
         }| {
            weekday == date.weekday()
                && match named {
                    None => true,
                    Some(named @ 1..) => nth(first, date) == i64::from(named),
                    Some(named) => -nth(date, last) == i64::from(named),
                }
        },
    )
}

fn at_positions(dates: &[NaiveDate], positions: &[i32]) -> Vec<NaiveDate> {
    let place = |position: &i32| match usize::try_from(*position) {
        Ok(position) => position.checked_sub(1),
        Err(_) => dates.len().checked_sub(position.unsigned_abs() as usize),
    };
    let mut places: Vec<usize> = positions.iter().filter_map(place).collect();
    places.sort_unstable();
    places.dedup();
    places
        .iter()
        .filter_map(|&at| dates.get(at).copied())
        .collect()
}

fn month_end(first: NaiveDate) -> NaiveDate {
    plus(first, u64::from(first.num_days_in_month()) - 1)
}

fn plus(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days))
        .unwrap_or(NaiveDate::MAX)
}
