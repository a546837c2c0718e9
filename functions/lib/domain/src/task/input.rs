//! What a person may write into a task.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{Priority, Status};
use crate::fields::no_nul;
use crate::{FieldError, Fields, Invalid, instant};

const TITLE: usize = 200;
pub(crate) const DESCRIPTION: usize = 10_000;
const TAGS: usize = 20;
const TAG: usize = 40;
const REMINDERS: usize = 10;

/// What only the server sets. A body may have it, so that what GET gave can be
/// sent back; it is not looked at.
const READ_ONLY: &[&str] = &[
    "id",
    "completed_at",
    "recurring_task_id",
    "occurrence_on",
    "version",
    "created_at",
    "updated_at",
    "is_overdue",
    "is_due_soon",
];

/// The fields of a task that a person may write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskFields {
    /// 1 to 200 characters, without space around.
    pub title: String,
    /// At most 10,000 characters.
    pub description: String,
    /// Open, unless said otherwise.
    pub status: Status,
    /// Medium, unless said otherwise.
    pub priority: Priority,
    /// At most 20, each of 1 to 40 characters, none twice.
    pub tags: Vec<String>,
    /// The instant when it has to be done.
    pub due_at: Option<DateTime<Utc>>,
    /// The day on which it has to be done. Excludes `due_at`.
    pub all_day_on: Option<NaiveDate>,
    /// At most 10, ascending, none twice.
    pub remind_at: Vec<DateTime<Utc>>,
}

impl TaskFields {
    /// The fields of a whole task, as POST and PUT send it: what is absent or
    /// null has its default.
    ///
    /// # Errors
    ///
    /// Everything that is not valid.
    pub fn parse(body: Value) -> Result<Self, Invalid> {
        Self::default().merged(body)
    }

    /// These fields with a JSON merge patch (RFC 7396) applied: what is absent
    /// stays, what is null goes back to its default.
    ///
    /// # Errors
    ///
    /// Everything that would not be valid afterwards.
    pub fn merged(mut self, patch: Value) -> Result<Self, Invalid> {
        let mut given = Fields::of(patch)?;
        if let Some(title) = given.text("title") {
            self.title = title.unwrap_or_default();
            check_title(&mut self.title, &mut given);
        } else if self.title.is_empty() && !given.refused("title") {
            given.reject::<()>(FieldError::of("title", "is required"));
        }
        if let Some(description) = given.text("description") {
            self.description = description.unwrap_or_default();
            if let Some(detail) = too_long(&self.description, DESCRIPTION) {
                given.reject::<()>(FieldError::of("description", detail));
            }
        }
        if let Some(status) = given.take("status") {
            self.status = read_status(&status, &mut given);
        }
        if let Some(priority) = given.take("priority") {
            self.priority = read_priority(&priority, &mut given);
        }
        if let Some(tags) = given.take("tags") {
            self.tags = read_tags(tags, &mut given);
        }
        if let Some(due_at) = read_due(&mut given) {
            self.due_at = due_at;
        }
        if let Some(day) = given.text("all_day_on") {
            self.all_day_on = day.and_then(|day| read_day(&day, &mut given));
        }
        if let Some(instants) = given.take("remind_at") {
            self.remind_at = read_reminders(instants, &mut given);
        }
        if self.due_at.is_some() && self.all_day_on.is_some() {
            let detail = "excludes due_at: set the other one to null";
            given.reject::<()>(FieldError::of("all_day_on", detail));
        }
        given.ignore(READ_ONLY);
        given.finish()?;
        Ok(self)
    }
}

pub(crate) fn check_title(title: &mut String, given: &mut Fields) {
    let trimmed = title.trim();
    if trimmed.len() != title.len() {
        *title = trimmed.to_owned();
    }
    let count = title.chars().count();
    if count == 0 || count > TITLE {
        let detail = format!("has to have 1 to {TITLE} characters after trimming, has {count}");
        given.reject::<()>(FieldError::of("title", detail));
    }
}

pub(crate) fn too_long(text: &str, most: usize) -> Option<String> {
    // No text has more characters than bytes, which are known already.
    let count = if text.len() <= most {
        0
    } else {
        text.chars().count()
    };
    (count > most).then(|| format!("may have {most} characters, has {count}"))
}

fn read_status(value: &Value, given: &mut Fields) -> Status {
    if value.is_null() {
        return Status::default();
    }
    let status = value.as_str().and_then(Status::parse);
    let error = || FieldError::of("status", "has to be \"open\" or \"completed\"");
    status.or_else(|| given.reject(error())).unwrap_or_default()
}

pub(crate) fn read_priority(value: &Value, given: &mut Fields) -> Priority {
    if value.is_null() {
        return Priority::default();
    }
    let priority = value.as_i64().and_then(Priority::of);
    let error = || FieldError::of("priority", "has to be 1 (high), 2 (medium) or 3 (low)");
    priority
        .or_else(|| given.reject(error()))
        .unwrap_or_default()
}

pub(crate) fn read_tags(value: Value, given: &mut Fields) -> Vec<String> {
    let mut tags = Vec::new();
    for (index, item) in read_array("tags", value, TAGS, given)
        .into_iter()
        .enumerate()
    {
        match read_tag(&item) {
            Ok(tag) if tags.contains(&tag) => {}
            Ok(tag) => tags.push(tag),
            Err(detail) => {
                given.reject::<()>(FieldError::of_item("tags", index, detail));
            }
        }
    }
    tags
}

fn read_tag(value: &Value) -> Result<String, String> {
    let tag = value.as_str().ok_or("has to be a string")?.trim();
    no_nul(tag)?;
    match tag.chars().count() {
        1..=TAG => Ok(tag.to_owned()),
        count => Err(format!(
            "has to have 1 to {TAG} characters after trimming, has {count}"
        )),
    }
}

/// `due_at`, or `due_date`, which is its other name. The outer `None`: neither is
/// there, or it is wrong.
fn read_due(given: &mut Fields) -> Option<Option<DateTime<Utc>>> {
    let mut read = |name: &str| {
        let text = given.text(name)?;
        let Some(text) = text else { return Some(None) };
        match instant::parse(&text) {
            Some(instant) => Some(Some(instant)),
            None => given.reject(FieldError::of(name, INSTANT)),
        }
    };
    match (read("due_at"), read("due_date")) {
        (Some(at), Some(date)) if at != date => given.reject(FieldError::of(
            "due_date",
            "is another name of due_at and differs from it",
        )),
        (at, date) => at.or(date),
    }
}

fn read_day(text: &str, given: &mut Fields) -> Option<NaiveDate> {
    let error = || FieldError::of("all_day_on", "has to be a date such as 2025-01-31");
    instant::parse_date(text).or_else(|| given.reject(error()))
}

fn read_reminders(value: Value, given: &mut Fields) -> Vec<DateTime<Utc>> {
    let mut instants = Vec::new();
    let items = read_array("remind_at", value, REMINDERS, given);
    for (index, item) in items.into_iter().enumerate() {
        match item.as_str().and_then(instant::parse) {
            Some(instant) => instants.push(instant),
            None => {
                given.reject::<()>(FieldError::of_item("remind_at", index, INSTANT));
            }
        }
    }
    instants.sort_unstable();
    instants.dedup();
    instants
}

pub(crate) fn read_array(name: &str, value: Value, most: usize, given: &mut Fields) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) if items.len() <= most => items,
        Value::Array(items) => {
            let detail = format!("may have {most} items, has {}", items.len());
            given
                .reject(FieldError::of(name, detail))
                .unwrap_or_default()
        }
        _ => given
            .reject(FieldError::of(name, "has to be an array"))
            .unwrap_or_default(),
    }
}

pub(crate) const INSTANT: &str = "has to be an RFC 3339 instant of the years 1 to 9999, such as 2025-01-31T09:00:00Z or \
     2025-01-31T10:00:00+01:00";

#[cfg(test)]
mod tests;
