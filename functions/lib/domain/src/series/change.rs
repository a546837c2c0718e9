//! What can happen to a series, and the events that tell of it.

use chrono::{DateTime, Utc};
use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::{Made, Plan, Progress, Revision, Series, SeriesFields, SeriesView};
use crate::event::recurring::{self, SeriesDue};
use crate::event::{Event, EventKind};
use crate::instant::{Day, Out};
use crate::recurrence::Occurrence;
use crate::task::{self, Task};

/// A series after something happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The series as it is now (or was, when it is deleted).
    pub series: Series,
    /// What happened.
    pub happened: EventKind,
}

impl Change {
    /// A new series, and what it makes at once.
    pub fn create(
        id: Uuid,
        user_id: Uuid,
        fields: SeriesFields,
        now: DateTime<Utc>,
    ) -> (Self, Plan) {
        let mut series = Series {
            id,
            user_id,
            fields,
            progress: Progress::default(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let plan = series.begin(now);
        series.progress = plan.progress;
        let happened = recurring::CREATED;
        (Self { series, happened }, plan)
    }

    /// `series` with other fields, and what that does to the tasks that it made and
    /// that are not done. `None` when the fields are what they were.
    pub fn write(
        series: &Series,
        fields: SeriesFields,
        made: Made<'_>,
        now: DateTime<Utc>,
    ) -> Option<(Self, Revision)> {
        if fields == series.fields {
            return None;
        }
        let revision = series.revise(&fields, made, now);
        let series = Series {
            fields,
            progress: revision.plan.progress,
            version: series.version + 1,
            // Clocks of two machines differ; a history must not run backwards.
            updated_at: now.max(series.updated_at),
            ..series.clone()
        };
        let happened = recurring::UPDATED;
        Some((Self { series, happened }, revision))
    }

    /// The end of `series`. The tasks that it made stay.
    pub fn delete(series: Series) -> Self {
        let happened = recurring::DELETED;
        Self { series, happened }
    }

    /// The event, with the id `id`. Its payload is the series.
    ///
    /// # Errors
    ///
    /// When the payload can't be written as JSON, which it always can.
    pub fn event(
        &self,
        now: DateTime<Utc>,
        traceparent: Option<&str>,
        id: Uuid,
    ) -> Result<Event, serde_json::Error> {
        Ok(Event {
            id,
            kind: self.happened,
            subject: self.series.id,
            user_id: self.series.user_id,
            time: now,
            traceparent: traceparent.map(str::to_owned),
            available_at: None,
            payload: to_raw_value(&SeriesView(&self.series))?,
        })
    }
}

impl Series {
    /// The task of one of its occurrences, made at `now` with the id `id`.
    pub fn task(&self, occurrence: Occurrence, id: Uuid, now: DateTime<Utc>) -> task::Change {
        let fields = self.fields.task(occurrence);
        let mut change = task::Change::create(id, self.user_id, fields, now);
        change.task.recurring_task_id = Some(self.id);
        change.task.occurrence_on = Some(occurrence.on);
        change
    }
}

/// The event that `series` has made `task` for one of its occurrences, with the id
/// `id`.
///
/// # Errors
///
/// When the payload can't be written as JSON, which it always can.
pub fn due(
    series: &Series,
    task: &Task,
    occurrence: Occurrence,
    now: DateTime<Utc>,
    traceparent: Option<&str>,
    id: Uuid,
) -> Result<Event, serde_json::Error> {
    let payload = SeriesDue {
        recurring_task_id: series.id,
        task_id: task.id,
        title: task.fields.title.clone(),
        occurrence_on: Day(occurrence.on),
        due_at: Out(occurrence.due_at),
    };
    let mut event = Event::new(id, series.user_id, series.id, now, &payload)?;
    event.traceparent = traceparent.map(str::to_owned);
    Ok(event)
}
