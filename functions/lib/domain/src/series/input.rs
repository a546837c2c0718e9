//! What a person may write into a series.

mod repeat;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::Value;

use super::{Mode, Repeat, SeriesFields};
use crate::recurrence::{COUNT_MAX, Until, YEARS, Zone};
use crate::task::input::{self as task, INSTANT};
use crate::{FieldError, Fields, Invalid, instant};

const REMINDERS: usize = 10;
/// Four weeks.
const REMIND_BEFORE: u64 = 40_320;

/// What only the server sets. A body may have it, so that what GET gave can be
/// sent back; it is not looked at.
const READ_ONLY: &[&str] = &[
    "id",
    "next_due_at",
    "last_created_at",
    "version",
    "created_at",
    "updated_at",
];

impl SeriesFields {
    /// The fields of a whole series, as POST and PUT send it: what is absent or
    /// null has its default. `own_zone` is the name of the person's time zone.
    ///
    /// # Errors
    ///
    /// Everything that is not valid, and a series in which nothing would ever
    /// occur.
    pub fn parse(body: Value, own_zone: &str) -> Result<Self, Invalid> {
        let mut given = Fields::of(body)?;
        let title = read_title(&mut given);
        let description = read_description(&mut given);
        let priority = given.take("priority").unwrap_or_default();
        let priority = task::read_priority(&priority, &mut given);
        let tags = given.take("tags").unwrap_or_default();
        let tags = task::read_tags(tags, &mut given);
        let zone = read_zone(&mut given, own_zone);
        let repeat = repeat::read(&mut given, zone.as_ref());
        let mode = read_mode(&mut given);
        let start_date = read_start(&mut given);
        let end_date = read_end(&mut given);
        let count = read_count(&mut given);
        check_one_end(&mut given, repeat.as_ref(), end_date, count);
        let is_active = read_active(&mut given);
        let remind_before = read_remind_before(&mut given);
        given.ignore(READ_ONLY);
        given.finish()?;
        // Each of them is there, or something was refused.
        let (Some(time_zone), Some(repeat), Some(start_date)) = (zone, repeat, start_date) else {
            return Err(FieldError::of_body("is not a recurring task").into());
        };
        let fields = Self {
            title,
            description,
            priority,
            tags,
            repeat,
            mode,
            time_zone,
            start_date,
            end_date,
            count,
            is_active,
            remind_before,
        };
        fields.check_that_it_occurs()?;
        Ok(fields)
    }

    fn check_that_it_occurs(&self) -> Result<(), Invalid> {
        if self.schedule().all().next().is_some() {
            return Ok(());
        }
        let name = match self.repeat {
            _ if self.end_date.is_some() => "end_date",
            Repeat::Plain { .. } => "recurrence_type",
            Repeat::Rule { .. } => "rrule",
        };
        let detail = "leaves nothing to occur at start_date or after it";
        Err(FieldError::of(name, detail).into())
    }
}

fn read_title(given: &mut Fields) -> String {
    match given.text("title") {
        Some(title) => {
            let mut title = title.unwrap_or_default();
            task::check_title(&mut title, given);
            title
        }
        None => {
            if !given.refused("title") {
                given.reject::<()>(FieldError::of("title", "is required"));
            }
            String::new()
        }
    }
}

fn read_description(given: &mut Fields) -> String {
    let description = given.text("description").flatten().unwrap_or_default();
    if let Some(detail) = task::too_long(&description, task::DESCRIPTION) {
        given.reject::<()>(FieldError::of("description", detail));
    }
    description
}

fn read_zone(given: &mut Fields, own_zone: &str) -> Option<Zone> {
    let name = given.text("time_zone").flatten();
    if given.refused("time_zone") {
        return None;
    }
    let name = name.as_deref().unwrap_or(own_zone);
    let error = || {
        let detail = format!(
            "has to be the name of an IANA time zone such as Europe/Brussels; {name:?} is none"
        );
        FieldError::of("time_zone", detail)
    };
    Zone::named(name).or_else(|| given.reject(error()))
}

fn read_mode(given: &mut Fields) -> Mode {
    let Some(name) = given.text("mode").flatten() else {
        return Mode::default();
    };
    let error = || {
        let detail = "has to be \"fixed\", \"next_future\" or \"after_completion\"";
        FieldError::of("mode", detail)
    };
    Mode::parse(&name)
        .or_else(|| given.reject(error()))
        .unwrap_or_default()
}

fn read_start(given: &mut Fields) -> Option<DateTime<Utc>> {
    let Some(text) = given.text("start_date").flatten() else {
        if !given.refused("start_date") {
            given.reject::<()>(FieldError::of("start_date", "is required"));
        }
        return None;
    };
    let Some(start) = instant::parse(&text) else {
        return given.reject(FieldError::of("start_date", INSTANT));
    };
    if !YEARS.contains(&start.year()) {
        let detail = format!(
            "has to lie in the years {} to {}",
            YEARS.start(),
            YEARS.end()
        );
        return given.reject(FieldError::of("start_date", detail));
    }
    Some(start)
}

fn read_end(given: &mut Fields) -> Option<Until> {
    let text = given.text("end_date").flatten()?;
    let day = || instant::parse_date(&text).map(Until::Day);
    let end = instant::parse(&text).map(Until::Instant).or_else(day);
    let error = || {
        let detail = "has to be an RFC 3339 instant such as 2025-12-31T09:00:00Z, or a date such \
                      as 2025-12-31";
        FieldError::of("end_date", detail)
    };
    end.or_else(|| given.reject(error()))
}

fn read_count(given: &mut Fields) -> Option<u32> {
    let value = given.take("count").filter(|value| !value.is_null())?;
    let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
    let error = || {
        let detail = format!("has to be a whole number from 1 to {COUNT_MAX}");
        FieldError::of("count", detail)
    };
    count
        .filter(|count| (1..=COUNT_MAX).contains(count))
        .or_else(|| given.reject(error()))
}

/// A series ends in one way.
fn check_one_end(
    given: &mut Fields,
    repeat: Option<&Repeat>,
    end_date: Option<Until>,
    count: Option<u32>,
) {
    let rule_ends = matches!(repeat, Some(Repeat::Rule { rule, .. }) if rule.ends());
    if count.is_some() && end_date.is_some() {
        let detail = "excludes end_date: set the other one to null";
        given.reject::<()>(FieldError::of("count", detail));
    } else if rule_ends && (count.is_some() || end_date.is_some()) {
        let detail = "says with COUNT or UNTIL when it ends, which excludes count and end_date";
        given.reject::<()>(FieldError::of("rrule", detail));
    }
}

fn read_active(given: &mut Fields) -> bool {
    match given.take("is_active") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(is_active)) => is_active,
        Some(_) => given
            .reject(FieldError::of("is_active", "has to be true or false"))
            .unwrap_or(true),
    }
}

fn read_remind_before(given: &mut Fields) -> Vec<u32> {
    let value = given.take("remind_before").unwrap_or_default();
    let items = task::read_array("remind_before", value, REMINDERS, given);
    let mut minutes = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let number = item.as_u64().filter(|number| *number <= REMIND_BEFORE);
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(number) => minutes.push(number),
            None => {
                let detail = format!("has to be a number of minutes, 0 to {REMIND_BEFORE}");
                given.reject::<()>(FieldError::of_item("remind_before", index, detail));
            }
        }
    }
    minutes.sort_unstable_by(|a, b| b.cmp(a));
    minutes.dedup();
    minutes
}
