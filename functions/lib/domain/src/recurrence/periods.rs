//! Periods: which one a date lies in, and where a period begins. All of it is
//! arithmetic, so that a distant date is as near as the next.

use chrono::{Datelike as _, NaiveDate};

use super::rule::{Frequency, Rule};

/// How many days, weeks, months or years there are until the calendar repeats
/// itself: 400 years, which are whole weeks.
pub(super) fn cycle(frequency: Frequency) -> u32 {
    match frequency {
        Frequency::Daily => 146_097,
        Frequency::Weekly => 20_871,
        Frequency::Monthly => 4_800,
        Frequency::Yearly => 400,
    }
}

/// How many whole intervals lie between the periods of `start` and of `date`.
/// Negative when `date` is earlier.
pub(super) fn index(rule: &Rule, start: NaiveDate, date: NaiveDate) -> i64 {
    (unit(rule, date) - unit(rule, start)).div_euclid(rule.interval.into())
}

/// The first day of the period that is `index` intervals after that of `start`.
/// `None`: the calendar does not go that far.
pub(super) fn first_day(rule: &Rule, start: NaiveDate, index: i64) -> Option<NaiveDate> {
    let steps = index.checked_mul(rule.interval.into())?;
    let unit = unit(rule, start).checked_add(steps)?;
    let from_ce = |days: i64| NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?);
    match rule.frequency {
        Frequency::Daily => from_ce(unit),
        Frequency::Weekly => from_ce(unit.checked_mul(7)?.checked_add(week_offset(rule))?),
        Frequency::Monthly => {
            let month = u32::try_from(unit.rem_euclid(12)).ok()? + 1;
            NaiveDate::from_ymd_opt(i32::try_from(unit.div_euclid(12)).ok()?, month, 1)
        }
        Frequency::Yearly => NaiveDate::from_ymd_opt(i32::try_from(unit).ok()?, 1, 1),
    }
}

/// The number of the day, week, month or year that `date` lies in.
fn unit(rule: &Rule, date: NaiveDate) -> i64 {
    let days = i64::from(date.num_days_from_ce());
    match rule.frequency {
        Frequency::Daily => days,
        Frequency::Weekly => (days - week_offset(rule)).div_euclid(7),
        Frequency::Monthly => i64::from(date.year()) * 12 + i64::from(date.month0()),
        Frequency::Yearly => date.year().into(),
    }
}

/// The number of the first day of week 0. Day 1 of the era is a Monday.
fn week_offset(rule: &Rule) -> i64 {
    1 + i64::from(rule.week_start.num_days_from_monday())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_date_lies_in_the_period_of_its_index(
            start in 700_000i32..800_000, later in 0i32..900_000, interval in 1u32..50,
            frequency in 0usize..4, week_start in 0u8..7,
        ) {
            let frequency = ["daily", "weekly", "monthly", "yearly"][frequency];
            let rule = Rule {
                interval,
                week_start: chrono::Weekday::try_from(week_start).unwrap(),
                ..Rule::every(Frequency::parse(frequency).unwrap())
            };
            let date = |days| NaiveDate::from_num_days_from_ce_opt(days).unwrap();
            let (start, date) = (date(start), date(start + later));
            let index = index(&rule, start, date);
            prop_assert!(first_day(&rule, start, index).unwrap() <= date);
            prop_assert!(first_day(&rule, start, index + 1).unwrap() > date);
        }
    }
}
