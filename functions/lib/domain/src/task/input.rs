//! What a person may write into a task.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::{Priority, Status};
use crate::fields::no_nul;
use crate::{FieldError, Fields, Invalid, instant};

const TITLE: usize = 200;
const DESCRIPTION: usize = 10_000;
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

fn check_title(title: &mut String, given: &mut Fields) {
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

fn too_long(text: &str, most: usize) -> Option<String> {
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

fn read_priority(value: &Value, given: &mut Fields) -> Priority {
    if value.is_null() {
        return Priority::default();
    }
    let priority = value.as_i64().and_then(Priority::of);
    let error = || FieldError::of("priority", "has to be 1 (high), 2 (medium) or 3 (low)");
    priority
        .or_else(|| given.reject(error()))
        .unwrap_or_default()
}

fn read_tags(value: Value, given: &mut Fields) -> Vec<String> {
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

fn read_array(name: &str, value: Value, most: usize, given: &mut Fields) -> Vec<Value> {
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

const INSTANT: &str = "has to be an RFC 3339 instant of the years 1 to 9999, such as 2025-01-31T09:00:00Z or \
     2025-01-31T10:00:00+01:00";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn pointers(body: Value) -> Vec<String> {
        let Err(Invalid(errors)) = TaskFields::parse(body) else {
            return Vec::new();
        };
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn a_title_is_enough() {
        let fields = TaskFields::parse(json!({"title": "  milk "})).unwrap();
        assert_eq!(
            fields,
            TaskFields {
                title: "milk".into(),
                ..TaskFields::default()
            }
        );
    }

    #[test]
    fn every_bound_is_kept_to_the_character() {
        let text = |length: usize| "ä".repeat(length);
        for (name, most) in [("title", 200), ("description", 10_000)] {
            let mut body = json!({"title": "x"});
            body[name] = json!(text(most));
            assert_eq!(pointers(body.clone()), [""; 0], "{name}");
            body[name] = json!(text(most + 1));
            assert_eq!(pointers(body), [format!("/{name}")]);
        }
        let tags = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(pointers(json!({"title": "x", "tags": tags(20)})), [""; 0]);
        assert_eq!(pointers(json!({"title": "x", "tags": tags(21)})), ["/tags"]);
        assert_eq!(pointers(json!({"title": "x", "tags": [text(40)]})), [""; 0]);
        assert_eq!(
            pointers(json!({"title": "x", "tags": ["a", text(41), " "]})),
            ["/tags/1", "/tags/2"]
        );
        let instants = vec!["2025-01-01T00:00:00Z"; 11];
        assert_eq!(
            pointers(json!({"title": "x", "remind_at": instants})),
            ["/remind_at"]
        );
    }

    #[test]
    fn each_wrong_value_is_named_by_its_pointer() {
        let body = json!({
            "title": "", "description": 1, "status": "done", "priority": 4, "tags": "x",
            "due_at": "tomorrow", "all_day_on": "2025-13-01", "remind_at": ["x"], "nonsense": 1,
        });
        assert_eq!(
            pointers(body),
            [
                "/title",
                "/description",
                "/status",
                "/priority",
                "/tags",
                "/due_at",
                "/all_day_on",
                "/remind_at/0",
                "/nonsense",
            ]
        );
    }

    #[test]
    fn a_missing_title_is_required() {
        for body in [json!({}), json!({"title": null}), json!({"title": "   "})] {
            assert_eq!(pointers(body), ["/title"]);
        }
    }

    #[test]
    fn a_due_instant_and_a_due_day_exclude_each_other() {
        let body =
            json!({"title": "x", "due_at": "2025-01-01T00:00:00Z", "all_day_on": "2025-01-01"});
        assert_eq!(pointers(body), ["/all_day_on"]);
    }

    #[test]
    fn due_date_is_another_name_of_due_at() {
        let due = "2025-01-01T00:00:00Z";
        let fields = TaskFields::parse(json!({"title": "x", "due_date": due})).unwrap();
        assert_eq!(fields.due_at, instant::parse(due));
        let same = json!({"title": "x", "due_date": due, "due_at": "2025-01-01T01:00:00+01:00"});
        assert_eq!(pointers(same), [""; 0]);
        let other = json!({"title": "x", "due_date": due, "due_at": null});
        assert_eq!(pointers(other), ["/due_date"]);
    }

    #[test]
    fn a_patch_keeps_what_it_does_not_name_and_clears_what_is_null() {
        let before = TaskFields::parse(json!({
            "title": "x", "description": "d", "priority": 1, "tags": ["a"],
            "due_at": "2025-01-01T00:00:00Z",
        }))
        .unwrap();
        let after = before
            .clone()
            .merged(json!({"due_at": null, "priority": null}))
            .unwrap();
        let priority = Priority::Medium;
        assert_eq!(
            after,
            TaskFields {
                due_at: None,
                priority,
                ..before.clone()
            }
        );
        assert!(before.clone().merged(json!({"title": null})).is_err());
        assert_eq!(before.clone().merged(json!({})).unwrap(), before);
        assert!(
            before
                .clone()
                .merged(json!({"all_day_on": "2025-01-01"}))
                .is_err()
        );
        assert!(
            before
                .merged(json!({"all_day_on": "2025-01-01", "due_at": null}))
                .is_ok()
        );
    }

    #[test]
    fn what_only_the_server_sets_is_not_looked_at() {
        let body =
            json!({"title": "x", "id": 1, "version": "y", "is_overdue": null, "created_at": []});
        assert_eq!(pointers(body), [""; 0]);
    }

    #[test]
    fn a_nul_character_is_refused() {
        assert_eq!(pointers(json!({"title": "a\0b"})), ["/title"]);
        assert_eq!(
            pointers(json!({"title": "x", "tags": ["a\0"]})),
            ["/tags/0"]
        );
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 4, |inner| {
            proptest::collection::vec(inner, 0..4).prop_map(Value::from)
        })
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(
            title in any_json(), tags in any_json(), due in any_json(), remind in any_json(),
            status in any_json(), priority in any_json(), day in any_json(),
        ) {
            _ = TaskFields::parse(json!({
                "title": title, "tags": tags, "due_at": due, "remind_at": remind,
                "status": status, "priority": priority, "all_day_on": day,
            }));
        }

        #[test]
        fn an_empty_patch_changes_nothing(title in "\\PC{1,50}", tags in proptest::collection::vec("[a-z]{1,9}", 0..9)) {
            if let Ok(fields) = TaskFields::parse(json!({"title": title, "tags": tags})) {
                prop_assert_eq!(fields.clone().merged(json!({})).unwrap(), fields);
            }
        }
    }
}
