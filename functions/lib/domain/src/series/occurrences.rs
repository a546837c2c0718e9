//! Which occurrences of a series lie in a span of time.

use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Mode, Series};
use crate::instant::{self, Day, Out};
use crate::query::{Params, QueryError};
use crate::recurrence::Occurrence;

/// Two years.
const SPAN: Months = Months::new(24);
const ITEMS: usize = 500;

/// The parameters of `GET /api/recurring-tasks/{id}/occurrences`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OccurrencesQuery {
    /// What is due at this instant or later,
    pub from: DateTime<Utc>,
    /// and before this one, at most two years later.
    pub to: DateTime<Utc>,
}

impl OccurrencesQuery {
    /// Reads a query string.
    ///
    /// # Errors
    ///
    /// The first parameter that is missing, unknown or not understood, and a span
    /// that is too long or runs backwards.
    pub fn parse(query: Option<&str>) -> Result<Self, QueryError> {
        let mut given = Params::parse(query)?;
        let mut read = |name: &str| {
            let instant = given.read(name, INSTANT, instant::parse)?;
            instant.ok_or_else(|| QueryError::of(name, format!("is required and takes {INSTANT}")))
        };
        let (from, to) = (read("from")?, read("to")?);
        given.finish()?;
        if to < from {
            return Err(QueryError::of("to", "lies before `from`"));
        }
        if from.checked_add_months(SPAN).is_some_and(|most| to > most) {
            return Err(QueryError::of(
                "to",
                "lies more than two years after `from`",
            ));
        }
        Ok(Self { from, to })
    }
}

const INSTANT: &str = "an RFC 3339 instant such as 2025-01-31T09:00:00Z";

impl Series {
    /// The first 500 occurrences of a span, made or not. A series that counts from
    /// completion is shown as if each were done on its day, from the last one that
    /// it made.
    pub fn occurrences(&self, query: OccurrencesQuery) -> Vec<Occurrence> {
        let fields = &self.fields;
        let schedule = match (fields.mode, self.progress.last_on) {
            (Mode::AfterCompletion, Some(last_on)) => {
                let last = fields.schedule().occurrence(last_on);
                let left = fields
                    .most()
                    .map(|most| most - most.min(self.progress.made) + 1);
                fields.counted_from(last.due_at).at_most(left)
            }
            _ => fields.schedule(),
        };
        let due = schedule.due_from(query.from);
        due.take_while(|one| one.due_at < query.to)
            .take(ITEMS)
            .collect()
    }
}

/// An occurrence as the API shows it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OccurrenceView {
    occurrence_on: Day,
    due_at: Out,
    task_id: Option<Uuid>,
}

/// Occurrences as the API shows them.
#[derive(Clone, Debug, Serialize)]
pub struct OccurrencesView {
    items: Vec<OccurrenceView>,
}

impl OccurrencesView {
    /// Occurrences with their tasks: `task_of` tells that of a date, when it was
    /// made.
    pub fn of(occurrences: &[Occurrence], task_of: impl Fn(NaiveDate) -> Option<Uuid>) -> Self {
        let view = |occurrence: &Occurrence| OccurrenceView {
            occurrence_on: Day(occurrence.on),
            due_at: Out(occurrence.due_at),
            task_id: task_of(occurrence.on),
        };
        Self {
            items: occurrences.iter().map(view).collect(),
        }
    }
}
