//! On which dates a series recurs: plain fields, or a rule of RFC 5545.

use chrono::Weekday;
use serde_json::Value;

use super::super::Repeat;
use crate::recurrence::{Frequency, INTERVAL_MAX, Rule, Zone, weekday_of};
use crate::task::input::{read_array, too_long};
use crate::{FieldError, Fields};

const RULE: usize = 4_000;

/// Takes the fields that say it. `None`: something was refused.
pub(super) fn read(given: &mut Fields, zone: Option<&Zone>) -> Option<Repeat> {
    let text = given.text("rrule").flatten();
    if text.is_some() || given.refused("rrule") {
        refuse_plain(given);
        return read_rule(given, text?, zone);
    }
    let frequency = read_frequency(given);
    let interval = read_interval(given);
    let weekdays = read_weekdays(given);
    let month_day = read_month_day(given);
    let frequency = frequency?;
    check_fit(given, frequency, &weekdays, month_day);
    Some(Repeat::Plain {
        frequency,
        interval,
        weekdays,
        month_day,
    })
}

/// Beside a rule the plain fields may only be there without a value, as a GET of
/// such a series has them.
fn refuse_plain(given: &mut Fields) {
    for name in [
        "recurrence_type",
        "recurrence_interval",
        "weekdays",
        "month_day",
    ] {
        let value = given.take(name).unwrap_or_default();
        if !value.is_null() && value != Value::Array(Vec::new()) {
            let detail = "does not go with rrule, which says all of it";
            given.reject::<()>(FieldError::of(name, detail));
        }
    }
}

fn read_rule(given: &mut Fields, text: String, zone: Option<&Zone>) -> Option<Repeat> {
    if let Some(detail) = too_long(&text, RULE) {
        return given.reject(FieldError::of("rrule", detail));
    }
    match Rule::parse(&text, zone?) {
        Ok(rule) => Some(Repeat::Rule { text, rule }),
        Err(error) => given.reject(FieldError::of("rrule", error.to_string())),
    }
}

fn read_frequency(given: &mut Fields) -> Option<Frequency> {
    match given.text("recurrence_type").flatten() {
        Some(name) => {
            let detail = "has to be \"daily\", \"weekly\", \"monthly\" or \"yearly\"";
            let error = || FieldError::of("recurrence_type", detail);
            Frequency::parse(&name).or_else(|| given.reject(error()))
        }
        None if given.refused("recurrence_type") => None,
        None => given.reject(FieldError::of("recurrence_type", "is required, or rrule")),
    }
}

fn read_interval(given: &mut Fields) -> u32 {
    let value = given.take("recurrence_interval").unwrap_or_default();
    if value.is_null() {
        return 1;
    }
    let interval = value
        .as_u64()
        .and_then(|interval| u32::try_from(interval).ok());
    let error = || {
        let detail = format!("has to be a whole number from 1 to {INTERVAL_MAX}");
        FieldError::of("recurrence_interval", detail)
    };
    interval
        .filter(|interval| (1..=INTERVAL_MAX).contains(interval))
        .or_else(|| given.reject(error()))
        .unwrap_or(1)
}

/// In the order of the week, none twice.
fn read_weekdays(given: &mut Fields) -> Vec<Weekday> {
    let value = given.take("weekdays").unwrap_or_default();
    let mut weekdays = Vec::new();
    let items = read_array("weekdays", value, 7, given);
    for (index, item) in items.into_iter().enumerate() {
        match item.as_str().and_then(weekday_of) {
            Some(weekday) => weekdays.push(weekday),
            None => {
                let detail = "has to be MO, TU, WE, TH, FR, SA or SU";
                given.reject::<()>(FieldError::of_item("weekdays", index, detail));
            }
        }
    }
    weekdays.sort_unstable_by_key(Weekday::num_days_from_monday);
    weekdays.dedup();
    weekdays
}

fn read_month_day(given: &mut Fields) -> Option<i32> {
    let value = given.take("month_day").filter(|value| !value.is_null())?;
    let day = value.as_i64().and_then(|day| i32::try_from(day).ok());
    let error = || FieldError::of("month_day", "has to be 1 to 31, or -1 for the last day");
    day.filter(|day| matches!(day, -1 | 1..=31))
        .or_else(|| given.reject(error()))
}

fn check_fit(
    given: &mut Fields,
    frequency: Frequency,
    weekdays: &[Weekday],
    month_day: Option<i32>,
) {
    if !weekdays.is_empty() && frequency != Frequency::Weekly {
        let detail = "goes with recurrence_type \"weekly\" alone";
        given.reject::<()>(FieldError::of("weekdays", detail));
    }
    if month_day.is_some() && matches!(frequency, Frequency::Daily | Frequency::Weekly) {
        let detail = "goes with recurrence_type \"monthly\" and \"yearly\" alone";
        given.reject::<()>(FieldError::of("month_day", detail));
    }
}
