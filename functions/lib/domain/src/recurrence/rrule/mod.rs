//! Reads rules as text (RFC 5545, sections 3.3.10, 3.8.5.1 and 3.8.5.3).

mod parts;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::rule::{Rule, Until};
use super::zone::Zone;

/// A part of a rule that can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part} {detail}")]
pub struct RuleError {
    /// Its name, such as `BYDAY`.
    pub part: String,
    /// What it takes.
    pub detail: String,
}

impl RuleError {
    fn of(part: &str, detail: impl Into<String>) -> Self {
        Self {
            part: part.to_owned(),
            detail: detail.into(),
        }
    }
}

/// Reads `FREQ=...`, or lines of `RRULE:...` and `EXDATE:...`.
pub(super) fn parse(text: &str, zone: &Zone) -> Result<Rule, RuleError> {
    let mut rule = None;
    let mut except = BTreeSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (name, value) = property(line);
        let (name, parameters) = name.split_once(';').unwrap_or((name, ""));
        match name.to_ascii_uppercase().as_str() {
            "RRULE" if rule.is_some() => {
                return Err(RuleError::of("RRULE", "may be there once"));
            }
            "RRULE" => rule = Some(parts::parse(value)?),
            "EXDATE" => except.extend(exdates(parameters, value, zone)?),
            "DTSTART" => return Err(RuleError::of("DTSTART", "is not taken: use start_date")),
            _ => return Err(RuleError::of(name, "is not known: give RRULE and EXDATE")),
        }
    }
    let rule = rule.ok_or_else(|| RuleError::of("RRULE", "is missing"))?;
    Ok(Rule { except, ..rule })
}

/// The name, with its parameters, and the value of a line. A rule may come without
/// its name.
fn property(line: &str) -> (&str, &str) {
    line.split_once(':').unwrap_or(("RRULE", line))
}

/// The dates of one `EXDATE`, in local time of `zone`.
fn exdates(parameters: &str, value: &str, zone: &Zone) -> Result<Vec<NaiveDate>, RuleError> {
    for parameter in parameters.split(';').filter(|one| !one.is_empty()) {
        check_parameter(parameter, zone)?;
    }
    let date = |text| match values::until(text) {
        Some(Until::Day(date)) => Ok(date),
        Some(Until::Local(local)) => Ok(local.date()),
        Some(Until::Instant(instant)) => Ok(zone.date(instant)),
        None => Err(RuleError::of("EXDATE", values::DATES)),
    };
    value.split(',').map(date).collect()
}

fn check_parameter(parameter: &str, zone: &Zone) -> Result<(), RuleError> {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
    match name.to_ascii_uppercase().as_str() {
        "VALUE" if ["DATE", "DATE-TIME"].contains(&value) => Ok(()),
        "VALUE" => Err(RuleError::of("EXDATE;VALUE", "is DATE or DATE-TIME")),
        "TZID" if Zone::named(value).as_ref() == Some(zone) => Ok(()),
        "TZID" => Err(RuleError::of(
            "EXDATE;TZID",
            "has to be the series' own time_zone",
        )),
        _ => Err(RuleError::of(&format!("EXDATE;{name}"), "is not known")),
    }
}
