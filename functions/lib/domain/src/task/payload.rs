//! A task as events carry it, read again.

use serde::{Deserialize, Deserializer, de};
use uuid::Uuid;

use super::{Priority, Status};
use crate::instant::{Day, Out, present};

/// The payload of every event that tells of a task.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TaskPayload {
    /// The task.
    pub id: Uuid,
    /// What is to be done.
    pub title: String,
    /// More about it.
    pub description: String,
    /// Whether it was done then.
    #[serde(deserialize_with = "status")]
    pub status: Status,
    /// How urgent it was.
    #[serde(deserialize_with = "priority")]
    pub priority: Priority,
    /// Its tags.
    pub tags: Vec<String>,
    /// The instant when it had to be done.
    #[serde(deserialize_with = "present")]
    pub due_at: Option<Out>,
    /// The day on which it had to be done.
    #[serde(deserialize_with = "present")]
    pub all_day_on: Option<Day>,
    /// When to remind of it.
    pub remind_at: Vec<Out>,
    /// When it was completed.
    #[serde(deserialize_with = "present")]
    pub completed_at: Option<Out>,
    /// The series that made it.
    #[serde(deserialize_with = "present")]
    pub recurring_task_id: Option<Uuid>,
    /// For which of the series' days.
    #[serde(deserialize_with = "present")]
    pub occurrence_on: Option<Day>,
    /// Counts its changes.
    pub version: i64,
    /// When it was made.
    pub created_at: Out,
    /// When it last changed.
    pub updated_at: Out,
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
    let name = String::deserialize(deserializer)?;
    Status::parse(&name).ok_or_else(|| de::Error::custom("expected `open` or `completed`"))
}

fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Priority, D::Error> {
    let number = i64::deserialize(deserializer)?;
    Priority::of(number).ok_or_else(|| de::Error::custom("expected 1, 2 or 3"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::parse;
    use crate::task::{Change, TaskFields};
    use serde_json::{Value, json};

    fn written() -> Value {
        let now = parse("2025-01-08T09:00:00Z").unwrap();
        let fields = TaskFields::parse(json!({"title": "x", "tags": ["a"]})).unwrap();
        let change = Change::create(Uuid::from_u128(1), Uuid::from_u128(2), fields, now);
        let events = change.events(now, None, || Uuid::from_u128(3)).unwrap();
        serde_json::from_str(events[0].payload.get()).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let payload: TaskPayload = serde_json::from_value(written()).unwrap();
        assert_eq!((payload.id, payload.version), (Uuid::from_u128(1), 1));
    }

    #[test]
    fn no_member_may_be_missing_or_of_another_type() {
        let written = written();
        for name in written.as_object().unwrap().keys() {
            let mut missing = written.clone();
            missing.as_object_mut().unwrap().remove(name);
            assert!(
                serde_json::from_value::<TaskPayload>(missing).is_err(),
                "{name}"
            );
            let mut wrong = written.clone();
            wrong[name] = json!({"no": "such thing"});
            assert!(
                serde_json::from_value::<TaskPayload>(wrong).is_err(),
                "{name}"
            );
        }
    }
}
