//! The parts of an `RRULE`, such as `INTERVAL=2`.

use chrono::Weekday;

use super::super::rule::{Frequency, NthWeekday, Rule, weekday_of};
use super::super::{COUNT_MAX, INTERVAL_MAX};
use super::{RuleError, values};

/// Reads `FREQ=...;...`.
pub(super) fn parse(text: &str) -> Result<Rule, RuleError> {
    let text = text.to_ascii_uppercase();
    let mut given: Vec<(&str, &str)> = Vec::new();
    for part in text.split(';').filter(|part| !part.is_empty()) {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| RuleError::of(part, "needs a value, as in INTERVAL=2"))?;
        if given.iter().any(|(known, _)| *known == name) {
            return Err(RuleError::of(name, "may be there once"));
        }
        given.push((name, value));
    }
    let frequency = given.iter().find(|(name, _)| *name == "FREQ");
    let (_, frequency) = frequency.ok_or_else(|| RuleError::of("FREQ", "is required"))?;
    let mut rule = Rule::every(read_frequency(frequency)?);
    for (name, value) in given {
        set(&mut rule, name, value)?;
    }
    check(&rule)?;
    Ok(rule)
}

fn read_frequency(value: &str) -> Result<Frequency, RuleError> {
    match value {
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(RuleError::of(
            "FREQ",
            format!("can't be {value}: nothing recurs more often than once a day"),
        )),
        _ => Frequency::parse(&value.to_ascii_lowercase())
            .ok_or_else(|| RuleError::of("FREQ", "is DAILY, WEEKLY, MONTHLY or YEARLY")),
    }
}

fn set(rule: &mut Rule, name: &str, value: &str) -> Result<(), RuleError> {
    let wrong = |takes: &str| RuleError::of(name, format!("takes {takes}"));
    let numbers = |most: u32| values::numbers(value, most);
    match name {
        "FREQ" => {}
        "INTERVAL" => {
            let takes = format!("a number from 1 to {INTERVAL_MAX}");
            rule.interval = values::number(value, INTERVAL_MAX).ok_or_else(|| wrong(&takes))?;
        }
        "COUNT" => {
            let takes = format!("a number from 1 to {COUNT_MAX}");
            rule.count = Some(values::number(value, COUNT_MAX).ok_or_else(|| wrong(&takes))?);
        }
        "UNTIL" => rule.until = Some(values::until(value).ok_or_else(|| wrong(values::DATE))?),
        "WKST" => {
            rule.week_start = weekday_of(value).ok_or_else(|| wrong("a weekday, MO to SU"))?;
        }
        "BYMONTH" => {
            let months = value.split(',').map(|month| values::number(month, 12));
            let months: Option<_> = months.collect();
            rule.months = months.ok_or_else(|| wrong("months, 1 to 12"))?;
        }
        "BYMONTHDAY" => {
            let takes = "days of the month, 1 to 31 or -31 to -1";
            rule.month_days = numbers(31).ok_or_else(|| wrong(takes))?;
        }
        "BYSETPOS" => {
            let takes = "positions, 1 to 366 or -366 to -1";
            rule.positions = numbers(366).ok_or_else(|| wrong(takes))?;
        }
        "BYDAY" => {
            let takes = "weekdays, MO to SU, with a number from 1 to 53 or -53 to -1 before \
                         each or none";
            let days: Option<_> = value.split(',').map(nth_weekday).collect();
            rule.weekdays = days.ok_or_else(|| wrong(takes))?;
        }
        "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
            let detail = "is not taken: the time of day is that of start_date";
            return Err(RuleError::of(name, detail));
        }
        "BYYEARDAY" | "BYWEEKNO" => {
            return Err(RuleError::of(
                name,
                "is not taken: use BYMONTH, BYMONTHDAY and BYDAY",
            ));
        }
        _ => return Err(RuleError::of(name, "is not a part of RFC 5545's rules")),
    }
    Ok(())
}

/// `FR`, `1FR`, `+1FR` or `-1FR`.
fn nth_weekday(text: &str) -> Option<NthWeekday> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let weekday: Weekday = weekday_of(name)?;
    let nth = match nth {
        "" => None,
        nth => Some(values::signed(nth, 53)?),
    };
    Some(NthWeekday { nth, weekday })
}

/// What RFC 5545 forbids of parts that are right each for itself.
fn check(rule: &Rule) -> Result<(), RuleError> {
    let numbered = rule.weekdays.iter().any(|day| day.nth.is_some());
    let wrong = match rule.frequency {
        Frequency::Daily | Frequency::Weekly if numbered => Some((
            "BYDAY",
            "may have numbers with FREQ=MONTHLY and FREQ=YEARLY alone",
        )),
        Frequency::Weekly if !rule.month_days.is_empty() => {
            Some(("BYMONTHDAY", "does not go with FREQ=WEEKLY"))
        }
        _ if rule.count.is_some() && rule.until.is_some() => Some(("COUNT", "excludes UNTIL")),
        _ if !rule.positions.is_empty() && names_nothing(rule) => {
            Some(("BYSETPOS", "needs BYDAY, BYMONTHDAY or BYMONTH beside it"))
        }
        _ => None,
    };
    wrong.map_or(Ok(()), |(part, detail)| Err(RuleError::of(part, detail)))
}

fn names_nothing(rule: &Rule) -> bool {
    rule.weekdays.is_empty() && rule.month_days.is_empty() && rule.months.is_empty()
}
