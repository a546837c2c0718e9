//! What can happen to a task, and the events that tell of it.

use chrono::{DateTime, Utc};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::view::Stored;
use super::{Status, Task, TaskFields};
use crate::event::{Event, EventKind};
use crate::reminder;

/// The kinds of event that tell of a task.
pub mod kinds {
    use crate::event::EventKind;

    const TOPIC: &str = "todo-events";

    macro_rules! kinds {
        ($($name:ident = $verb:literal;)*) => {$(
            #[doc = concat!("`todo.task.", $verb, "`.")]
            pub const $name: EventKind =
                EventKind { name: concat!("todo.task.", $verb), topic: TOPIC, schema: 1 };
        )*};
    }
    kinds! {
        CREATED = "created";
        UPDATED = "updated";
        COMPLETED = "completed";
        REOPENED = "reopened";
        DELETED = "deleted";
    }
}

/// A task after something happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The task as it is now (or was, when it is deleted).
    pub task: Task,
    /// What happened, in its order. Never empty.
    pub happened: Vec<EventKind>,
    /// The reminders that were not there before, of a task that is open now.
    pub reminders: Vec<DateTime<Utc>>,
}

impl Change {
    /// A new task.
    pub fn create(id: Uuid, user_id: Uuid, fields: TaskFields, now: DateTime<Utc>) -> Self {
        let completed = fields.status == Status::Completed;
        let task = Task {
            id,
            user_id,
            fields,
            completed_at: completed.then_some(now),
            recurring_task_id: None,
            occurrence_on: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let mut happened = vec![kinds::CREATED];
        happened.extend(completed.then_some(kinds::COMPLETED));
        let reminders = reminders(&task, &[]);
        Self {
            task,
            happened,
            reminders,
        }
    }

    /// `task` with other fields, or `None` when they are what they were.
    pub fn write(task: &Task, fields: TaskFields, now: DateTime<Utc>) -> Option<Self> {
        if fields == task.fields {
            return None;
        }
        let mut happened = Vec::new();
        let known = reminders(task, &[]);
        let (was, is) = (task.fields.status, fields.status);
        if (TaskFields {
            status: was,
            ..fields.clone()
        }) != task.fields
        {
            happened.push(kinds::UPDATED);
        }
        let mut task = task.clone();
        match (was, is) {
            (Status::Open, Status::Completed) => {
                happened.push(kinds::COMPLETED);
                task.completed_at = Some(now);
            }
            (Status::Completed, Status::Open) => {
                happened.push(kinds::REOPENED);
                task.completed_at = None;
            }
            _ => {}
        }
        task.fields = fields;
        task.version += 1;
        // Clocks of two machines differ; a task's history must not run backwards.
        task.updated_at = now.max(task.updated_at);
        let reminders = reminders(&task, &known);
        Some(Self {
            task,
            happened,
            reminders,
        })
    }

    /// `task` with another status, or `None` when it has it already: completing
    /// and reopening are idempotent.
    pub fn set_status(task: &Task, status: Status, now: DateTime<Utc>) -> Option<Self> {
        Self::write(
            task,
            TaskFields {
                status,
                ..task.fields.clone()
            },
            now,
        )
    }

    /// The end of `task`.
    pub fn delete(task: Task) -> Self {
        Self {
            task,
            happened: vec![kinds::DELETED],
            reminders: Vec::new(),
        }
    }

    /// The events, each with an id from `new_id`. Their payload is the task. New
    /// reminders that are due within [`reminder::AHEAD`] are among them: the job
    /// that writes reminders ahead might come by too late for these.
    ///
    /// # Errors
    ///
    /// When a payload can't be written as JSON.
    pub fn events(
        &self,
        now: DateTime<Utc>,
        traceparent: Option<&str>,
        new_id: impl Fn() -> Uuid,
    ) -> Result<Vec<Event>, serde_json::Error> {
        let payload = to_raw_value(&Stored(&self.task))?;
        let event = |kind: &EventKind| Event {
            id: new_id(),
            kind: *kind,
            subject: self.task.id,
            user_id: self.task.user_id,
            time: now,
            traceparent: traceparent.map(str::to_owned),
            available_at: None,
            payload: payload.clone(),
        };
        let mut events: Vec<_> = self.happened.iter().map(event).collect();
        for at in reminder::within_reach(&self.reminders, now) {
            let mut event = reminder::due(&self.task, at, new_id(), now)?;
            event.traceparent = traceparent.map(str::to_owned);
            events.push(event);
        }
        Ok(events)
    }
}

/// The reminders of a task that will ring, without those that are `known`.
fn reminders(task: &Task, known: &[DateTime<Utc>]) -> Vec<DateTime<Utc>> {
    if task.fields.status == Status::Completed {
        return Vec::new();
    }
    let new = |at: &DateTime<Utc>| !known.contains(at);
    task.fields.remind_at.iter().copied().filter(new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instant::parse;
    use crate::task::Priority;

    fn now(second: u32) -> DateTime<Utc> {
        parse(&format!("2025-01-01T00:00:{second:02}Z")).unwrap()
    }

    fn open() -> Task {
        let fields = TaskFields {
            title: "x".into(),
            ..TaskFields::default()
        };
        Change::create(Uuid::from_u128(1), Uuid::from_u128(2), fields, now(0)).task
    }

    #[test]
    fn completing_twice_changes_once() {
        let change = Change::set_status(&open(), Status::Completed, now(5)).unwrap();
        assert_eq!(change.happened, [kinds::COMPLETED]);
        assert_eq!(
            (change.task.version, change.task.completed_at),
            (2, Some(now(5)))
        );
        assert_eq!(
            Change::set_status(&change.task, Status::Completed, now(6)),
            None
        );
    }

    #[test]
    fn reopening_forgets_when_it_was_done() {
        let done = Change::set_status(&open(), Status::Completed, now(5))
            .unwrap()
            .task;
        let change = Change::set_status(&done, Status::Open, now(6)).unwrap();
        assert_eq!(change.happened, [kinds::REOPENED]);
        assert_eq!(change.task.completed_at, None);
        assert_eq!(Change::set_status(&open(), Status::Open, now(6)), None);
    }

    #[test]
    fn a_write_of_the_same_is_no_change() {
        assert_eq!(Change::write(&open(), open().fields, now(9)), None);
    }

    #[test]
    fn a_write_that_also_completes_tells_both() {
        let fields = TaskFields {
            priority: Priority::High,
            status: Status::Completed,
            ..open().fields
        };
        let change = Change::write(&open(), fields, now(1)).unwrap();
        assert_eq!(change.happened, [kinds::UPDATED, kinds::COMPLETED]);
    }

    #[test]
    fn a_change_never_makes_a_task_younger() {
        let mut task = open();
        task.updated_at = now(30);
        let change = Change::set_status(&task, Status::Completed, now(10)).unwrap();
        assert_eq!(change.task.updated_at, now(30));
    }

    #[test]
    fn a_reminder_that_is_near_is_written_ahead_once() {
        let fields = TaskFields {
            remind_at: vec![now(0), now(50), now(0) + chrono::TimeDelta::seconds(91)],
            ..open().fields
        };
        let change = Change::write(&open(), fields, now(0)).unwrap();
        let events = change.events(now(0), None, || Uuid::from_u128(3)).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[1].kind, reminder::DUE);
        assert_eq!(events[1].available_at, Some(now(50)));
        let retitled = TaskFields {
            title: "y".into(),
            ..change.task.fields.clone()
        };
        let again = Change::write(&change.task, retitled, now(1)).unwrap();
        assert!(again.reminders.is_empty());
        let done = Change::set_status(&change.task, Status::Completed, now(2)).unwrap();
        assert!(done.reminders.is_empty());
        let reopened = Change::set_status(&done.task, Status::Open, now(3)).unwrap();
        assert_eq!(reopened.reminders.len(), 3);
    }

    #[test]
    fn an_event_carries_the_task_and_its_person() {
        let change = Change::create(
            Uuid::from_u128(1),
            Uuid::from_u128(2),
            open().fields,
            now(0),
        );
        let events = change
            .events(now(0), Some("00-a-b-01"), || Uuid::from_u128(3))
            .unwrap();
        let record = serde_json::to_value(events[0].record()).unwrap();
        assert_eq!(record["topic"], "todo-events");
        assert_eq!(record["headers"]["type"], "todo.task.created");
        assert_eq!(record["headers"]["traceparent"], "00-a-b-01");
        assert_eq!(record["data"]["eventType"], "TASK_CREATED");
        assert_eq!(record["data"]["payload"]["title"], "x");
        assert_eq!(record["data"]["userId"], Uuid::from_u128(2).to_string());
    }
}
