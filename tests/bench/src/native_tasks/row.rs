//! A row of a list, from left to right.

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use domain::task::{Moment, Priority, Status, Task, TaskFields, TaskView};
use tokio_postgres::Row;
use uuid::Uuid;

/// A task, and the date where its person lives when it is an all-day one.
pub(crate) struct Found {
    task: Task,
    today: Option<NaiveDate>,
}

impl Found {
    /// The task as the API shows it at `now`.
    pub(crate) fn view(&self, now: DateTime<Utc>) -> TaskView<'_> {
        let moment = Moment {
            now,
            today: self.today,
        };
        TaskView {
            task: &self.task,
            moment,
        }
    }
}

/// The task of a row, or `None` where the page is empty.
pub(crate) fn read(row: &Row, user_id: Uuid) -> Result<Option<Found>> {
    let Some(id) = row.try_get::<_, Option<Uuid>>(1)? else {
        return Ok(None);
    };
    let reminders: Option<Vec<i64>> = row.try_get(9)?;
    let fields = TaskFields {
        title: row.try_get(2)?,
        description: row.try_get(3)?,
        status: Status::parse(row.try_get(4)?).context("an unknown status")?,
        priority: Priority::of(row.try_get::<_, i16>(5)?.into()).context("an unknown priority")?,
        tags: row.try_get(6)?,
        due_at: maybe_instant(row, 7)?,
        all_day_on: row.try_get(8)?,
        remind_at: reminders
            .unwrap_or_default()
            .into_iter()
            .map(|micros| {
                DateTime::from_timestamp_micros(micros).context("a reminder out of range")
            })
            .collect::<Result<_>>()?,
    };
    let task = Task {
        id,
        user_id,
        fields,
        completed_at: maybe_instant(row, 10)?,
        recurring_task_id: row.try_get(11)?,
        occurrence_on: row.try_get(12)?,
        version: row.try_get(13)?,
        created_at: row.try_get::<_, NaiveDateTime>(14)?.and_utc(),
        updated_at: row.try_get::<_, NaiveDateTime>(15)?.and_utc(),
    };
    Ok(Some(Found {
        task,
        today: row.try_get(16)?,
    }))
}

fn maybe_instant(row: &Row, at: usize) -> Result<Option<DateTime<Utc>>> {
    let instant: Option<NaiveDateTime> = row.try_get(at)?;
    Ok(instant.map(|instant| instant.and_utc()))
}
