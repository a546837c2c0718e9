//! What is to be told when its time comes, and what was written ahead of it.
//!
//! A reminder that is set gets its row with the task, by a trigger of the database.
//! When a task is due is in the task alone: it gets a row when it is told of.

use chrono::{DateTime, Utc};
use domain::reminder::Turn;
use domain::task::Task;
use spin_sdk::pg::ParameterValue;

use crate::params::{instant, text};
use crate::tasks::{Found, columns};
use crate::{Error, Row, Scope};

/// A part of a `WITH` that notes the reminders among `$1`, the events that a write
/// of the task `$2` of the person `$3` publishes itself, so that nobody writes them
/// a second time. They alone are events with an `available_at`.
macro_rules! written_ahead {
    ($condition:literal) => {
        concat!(
            "ahead AS (INSERT INTO todo.reminders (task_id, kind, occurs_at, user_id, written_at) \
             SELECT $2, 'reminder', (record->>'available_at')::timestamptz, $3, now() \
             FROM jsonb_array_elements($1) AS record \
             WHERE record->>'available_at' IS NOT NULL AND ",
            $condition,
            " ON CONFLICT DO NOTHING)"
        )
    };
}
pub(crate) use written_ahead;

/// The tasks of the rows `taken`, with the instant `at` of each.
macro_rules! planned {
    ($taken:literal) => {
        concat!(
            "SELECT taken.at AT TIME ZONE 'UTC', t.user_id, t.id, ",
            columns!(),
            ", NULL::date FROM ",
            $taken,
            " taken JOIN todo.tasks t ON t.id = taken.task_id ORDER BY taken.at"
        )
    };
}

/// That the turn `$1` was not told of a task `t` for its time. As a value, because
/// an anti join is planned by statistics that know nothing of a sudden many.
macro_rules! untold {
    ($occurs_at:literal) => {
        concat!(
            " AND (SELECT told.task_id FROM todo.reminders told \
             WHERE told.task_id = t.id AND told.kind = $1 AND told.occurs_at = ",
            $occurs_at,
            ") IS NULL"
        )
    };
}

/// Notes that the turn `$1` is told of the tasks `due`.
macro_rules! tell {
    () => {
        "noted AS (INSERT INTO todo.reminders (task_id, kind, occurs_at, user_id, written_at) \
         SELECT id, $1, occurs_at, user_id, $2::timestamp AT TIME ZONE 'UTC' FROM due \
         ON CONFLICT DO NOTHING RETURNING task_id), \
         told AS (SELECT noted.task_id, due.at FROM noted JOIN due ON due.id = noted.task_id) "
    };
}

/// A task that something is to be told of at an instant.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The instant.
    pub at: DateTime<Utc>,
    /// The task.
    pub task: Task,
}

/// From when to when, both included.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// From this instant
    pub from: DateTime<Utc>,
    /// to this one.
    pub until: DateTime<Utc>,
}

/// Takes up to `limit` reminders that ring within the span, those first that ring
/// first. What another transaction takes is left to it.
///
/// # Errors
///
/// What the database says.
pub async fn take_reminders(
    scope: &Scope<'_>,
    span: Span,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Planned>, Error> {
    const SQL: &str = concat!(
        "WITH taken AS (UPDATE todo.reminders r SET written_at = $3::timestamp AT TIME ZONE 'UTC' \
         FROM (SELECT task_id, kind, occurs_at FROM todo.reminders \
             WHERE written_at IS NULL AND occurs_at >= $1::timestamp AT TIME ZONE 'UTC' \
                 AND occurs_at <= $2::timestamp AT TIME ZONE 'UTC' \
             ORDER BY occurs_at LIMIT $4 FOR UPDATE SKIP LOCKED) due \
         WHERE r.task_id = due.task_id AND r.kind = due.kind AND r.occurs_at = due.occurs_at \
         RETURNING r.task_id, r.occurs_at AS at) ",
        planned!("taken")
    );
    let limit = ParameterValue::Int64(limit);
    let params = vec![instant(span.from), instant(span.until), instant(now), limit];
    planned(scope, SQL, params).await
}

/// Takes up to `limit` open tasks with an instant at which they are due, of which
/// `turn` is to be told within the span and was not told for that instant, those
/// first that come first.
///
/// # Errors
///
/// What the database says.
pub async fn take_timed(
    scope: &Scope<'_>,
    turn: Turn,
    span: Span,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Planned>, Error> {
    // The span is moved, not the column, so that an index finds the rows.
    const SQL: &str = concat!(
        "WITH due AS (SELECT t.id, t.user_id, t.due_at AS occurs_at, \
             t.due_at - make_interval(hours => $6::integer) AS at FROM todo.tasks t \
             WHERE t.status = 'open' \
                 AND t.due_at >= ($3::timestamp AT TIME ZONE 'UTC') + make_interval(hours => $6::integer) \
                 AND t.due_at <= ($4::timestamp AT TIME ZONE 'UTC') + make_interval(hours => $6::integer)",
        untold!("t.due_at"),
        " ORDER BY t.due_at LIMIT $5 FOR KEY SHARE OF t SKIP LOCKED), ",
        tell!(),
        planned!("told")
    );
    let hours = ParameterValue::Int32(turn.hours_before());
    planned(scope, SQL, taking(turn, span, now, limit, hours)).await
}

/// Like [`take_timed`], for tasks that are due on a day where their person lives.
///
/// # Errors
///
/// What the database says.
pub async fn take_all_day(
    scope: &Scope<'_>,
    turn: Turn,
    span: Span,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Planned>, Error> {
    // The dates that the span can be of, wherever on Earth, by an index; of those,
    // what it is of where each person lives.
    const SQL: &str = concat!(
        "WITH due AS (SELECT t.id, t.user_id, \
             t.all_day_on::timestamp AT TIME ZONE 'UTC' AS occurs_at, \
             (t.all_day_on + $6::integer)::timestamp AT TIME ZONE u.time_zone AS at \
             FROM todo.tasks t JOIN todo.users u ON u.id = t.user_id \
             WHERE t.status = 'open' \
                 AND t.all_day_on BETWEEN $3::timestamp::date - 2 AND $4::timestamp::date + 1 \
                 AND (t.all_day_on + $6::integer)::timestamp AT TIME ZONE u.time_zone \
                     >= $3::timestamp AT TIME ZONE 'UTC' \
                 AND (t.all_day_on + $6::integer)::timestamp AT TIME ZONE u.time_zone \
                     <= $4::timestamp AT TIME ZONE 'UTC'",
        untold!("t.all_day_on::timestamp AT TIME ZONE 'UTC'"),
        " ORDER BY at LIMIT $5 FOR KEY SHARE OF t SKIP LOCKED), ",
        tell!(),
        planned!("told")
    );
    let days = ParameterValue::Int32(turn.days_after());
    planned(scope, SQL, taking(turn, span, now, limit, days)).await
}

/// `$1` to `$6`.
fn taking(
    turn: Turn,
    span: Span,
    now: DateTime<Utc>,
    limit: i64,
    shift: ParameterValue,
) -> Vec<ParameterValue> {
    vec![
        text(turn.name()),
        instant(now),
        instant(span.from),
        instant(span.until),
        ParameterValue::Int64(limit),
        shift,
    ]
}

async fn planned(
    scope: &Scope<'_>,
    sql: &str,
    params: Vec<ParameterValue>,
) -> Result<Vec<Planned>, Error> {
    let read = |mut row: Row| {
        let at = row.take()?;
        let user = row.take()?;
        let task = Found::read(row, user)?.task;
        Ok(Planned { at, task })
    };
    let rows = scope.rows(sql, params).await?;
    rows.into_iter().map(read).collect()
}
