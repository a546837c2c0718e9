//! A task's row.

use chrono::{DateTime, NaiveDate, Utc};
use domain::task::{Moment, Priority, Status, Task, TaskFields, TaskView};
use uuid::Uuid;

use crate::{Error, Row};

/// The columns of `todo.tasks t` behind the id, as [`Found::read_after_id`] takes
/// them. Reminders come as microseconds since 1970, because the interface has no
/// arrays of instants; most tasks have none, and pay nothing for it.
macro_rules! columns {
    () => {
        "t.title, t.description, t.status, t.priority, t.tags, \
         t.due_at AT TIME ZONE 'UTC' AS due_at, t.all_day_on, \
         CASE WHEN cardinality(t.remind_at) > 0 THEN \
         ARRAY(SELECT (extract(epoch FROM at) * 1000000)::bigint FROM unnest(t.remind_at) at) \
         END AS remind_at, \
         t.completed_at AT TIME ZONE 'UTC' AS completed_at, t.recurring_task_id, \
         t.occurrence_on, t.version, t.created_at AT TIME ZONE 'UTC' AS created_at, \
         t.updated_at AT TIME ZONE 'UTC' AS updated_at"
    };
}
pub(crate) use columns;

/// The date where the person `$1` lives, at the instant of parameter `$now`.
/// A subselect of its own, so that it is worked out once and only when needed.
macro_rules! today {
    ($now:literal) => {
        concat!(
            "(SELECT (",
            $now,
            "::timestamp AT TIME ZONE 'UTC' AT TIME ZONE time_zone)::date \
             FROM todo.users WHERE id = $1)"
        )
    };
}
pub(super) use today;

/// A task that was found, and the date where its person lives.
#[derive(Clone, Debug)]
pub struct Found {
    /// The task.
    pub task: Task,
    /// The date; always there when the task is an all-day one.
    pub today: Option<NaiveDate>,
}

impl Found {
    /// The task as the API shows it at `now`.
    pub fn view(&self, now: DateTime<Utc>) -> TaskView<'_> {
        TaskView {
            task: &self.task,
            moment: Moment {
                now,
                today: self.today,
            },
        }
    }

    pub(crate) fn read(mut row: Row, user_id: Uuid) -> Result<Self, Error> {
        let id = row.take()?;
        Self::read_after_id(row, id, user_id)
    }

    pub(super) fn read_after_id(mut row: Row, id: Uuid, user_id: Uuid) -> Result<Self, Error> {
        let row = &mut row;
        let fields = TaskFields {
            title: row.take()?,
            description: row.take()?,
            status: status(&row.take::<String>()?)?,
            priority: priority(row.take()?)?,
            tags: row.take()?,
            due_at: row.take()?,
            all_day_on: row.take()?,
            remind_at: reminders(row.take::<Option<Vec<i64>>>()?)?,
        };
        let task = Task {
            id,
            user_id,
            fields,
            completed_at: row.take()?,
            recurring_task_id: row.take()?,
            occurrence_on: row.take()?,
            version: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
        };
        Ok(Self {
            task,
            today: row.take()?,
        })
    }
}

fn status(name: &str) -> Result<Status, Error> {
    Status::parse(name).ok_or_else(|| Error::Internal("a task has an unknown status".into()))
}

fn priority(number: i16) -> Result<Priority, Error> {
    let unknown = || Error::Internal("a task has an unknown priority".into());
    Priority::of(number.into()).ok_or_else(unknown)
}

fn reminders(micros: Option<Vec<i64>>) -> Result<Vec<DateTime<Utc>>, Error> {
    let out_of_range = || Error::Internal("a reminder lies out of range".into());
    let instant = |micros| DateTime::from_timestamp_micros(micros).ok_or_else(out_of_range);
    micros
        .unwrap_or_default()
        .into_iter()
        .map(instant)
        .collect()
}
