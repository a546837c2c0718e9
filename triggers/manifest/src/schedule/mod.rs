//! Cron expressions, and when they fire.

mod calendar;
mod error;
mod field;
#[cfg(test)]
mod tests;
mod zone;

use std::fmt;
use std::str::FromStr;

pub use error::ScheduleError;
use field::{DAY, HOUR, MINUTE, MONTH, SECOND, Values, WEEKDAY};

/// A cron expression, as crontab(5) of Vixie cron has it.
///
/// Five fields (minute, hour, day of month, month, day of week), or six with the
/// second first; or `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`,
/// `@yearly` (`@annually`). A field is `*`, a number, a range `a-b`, any of these
/// with a step `/n` (`a/n` goes on to the end), or a list of such. Months and days
/// of the week have names of three letters; Sunday is 0 and 7; in the fields of
/// days `?` is another way to write `*`.
///
/// When both fields of days are restricted, so that neither begins with `*`, it
/// fires on the days that fit either.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    seconds: Values,
    minutes: Values,
    hours: Values,
    days: Values,
    months: Values,
    weekdays: Values,
}

impl Schedule {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] names the field that is malformed and how to write it.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let trimmed = text.trim();
        if trimmed.starts_with("TZ=") || trimmed.starts_with("CRON_TZ=") {
            return Err(ScheduleError::ZoneInside(trimmed.to_owned()));
        }
        let expanded = match trimmed.starts_with('@') {
            true => expand_macro(trimmed)?,
            false => trimmed,
        };
        let fields: Vec<&str> = expanded.split_ascii_whitespace().collect();
        let (seconds, rest) = match fields[..] {
            [_, _, _, _, _] => (Values::only(0), &fields[..]),
            [second, _, _, _, _, _] => (Values::parse(second, &SECOND)?, &fields[1..]),
            _ => {
                return Err(ScheduleError::FieldCount {
                    text: trimmed.to_owned(),
                    fields: fields.len(),
                });
            }
        };
        let schedule = Self {
            text: trimmed.to_owned(),
            seconds,
            minutes: Values::parse(rest[0], &MINUTE)?,
            hours: Values::parse(rest[1], &HOUR)?,
            days: Values::parse(rest[2], &DAY)?,
            months: Values::parse(rest[3], &MONTH)?,
            weekdays: Values::parse(rest[4], &WEEKDAY)?.weekdays(),
        };
        if !schedule.fires_at_all() {
            return Err(ScheduleError::Never(trimmed.to_owned()));
        }
        Ok(schedule)
    }

    /// The expression as it was written, without space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it goes by the time that passes where the clock changes, rather
    /// than by the times that it names: it has a `*` or a step in its hours or
    /// minutes.
    pub fn repeats(&self) -> bool {
        self.hours.repeating || self.minutes.repeating
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        Self::parse(text)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn expand_macro(text: &str) -> Result<&'static str, ScheduleError> {
    match text.to_ascii_lowercase().as_str() {
        "@hourly" => Ok("0 * * * *"),
        "@daily" | "@midnight" => Ok("0 0 * * *"),
        "@weekly" => Ok("0 0 * * 0"),
        "@monthly" => Ok("0 0 1 * *"),
        "@yearly" | "@annually" => Ok("0 0 1 1 *"),
        _ => Err(ScheduleError::UnknownMacro(text.to_owned())),
    }
}
