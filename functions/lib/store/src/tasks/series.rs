//! The tasks of a series.

use chrono::NaiveDate;
use domain::series::NewTask;
use futures::future::join_all;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use super::row::{Found, columns};
use super::written;
use crate::outbox::append_records;
use crate::params::{instant, maybe, uuid};
use crate::{Error, Scope, reminders};
use domain::task::Task;

/// The tasks that a series has made.
#[derive(Clone, Debug, Default)]
pub struct TasksOfSeries {
    /// Those that are not done, by date.
    pub open: Vec<Task>,
    /// The latest date whose task is done.
    pub done_on: Option<NaiveDate>,
}

/// Writes the tasks that a series makes. A date that has one already keeps it: then
/// neither the new one nor its events are written.
///
/// # Errors
///
/// What the database says.
pub async fn create_occurrences(scope: &Scope<'_>, tasks: &[NewTask]) -> Result<(), Error> {
    let writes = tasks.iter().map(|task| create_occurrence(scope, task));
    join_all(writes).await.into_iter().collect()
}

async fn create_occurrence(scope: &Scope<'_>, new: &NewTask) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH task AS (INSERT INTO todo.tasks (id, user_id, title, description, status, \
         priority, tags, due_at, all_day_on, remind_at, completed_at, version, updated_at, \
         created_at, recurring_task_id, occurrence_on) \
         VALUES ($2, $3, $4, $5, $6, $7, $8, $9::timestamp AT TIME ZONE 'UTC', $10, \
         $11::text[]::timestamptz[], $12::timestamp AT TIME ZONE 'UTC', $13, \
         $14::timestamp AT TIME ZONE 'UTC', $15::timestamp AT TIME ZONE 'UTC', $16, $17) \
         ON CONFLICT DO NOTHING RETURNING id), ",
        reminders::written_ahead!("EXISTS (SELECT FROM task)"),
        " ",
        append_records!(),
        " WHERE EXISTS (SELECT FROM task)"
    );
    let task = &new.task;
    let mut params = written(task, &new.events)?;
    params.push(instant(task.created_at));
    params.push(maybe(task.recurring_task_id, uuid));
    params.push(task.occurrence_on.into());
    scope.execute(SQL, params).await?;
    Ok(())
}

/// The tasks of a series, locked where they are open.
///
/// # Errors
///
/// What the database says.
pub async fn of_series(
    scope: &Scope<'_>,
    user: Uuid,
    series: Uuid,
) -> Result<TasksOfSeries, Error> {
    const OPEN: &str = concat!(
        "SELECT t.id, ",
        columns!(),
        ", NULL::date FROM todo.tasks t WHERE t.user_id = $1 AND t.recurring_task_id = $2 \
         AND t.status = 'open' ORDER BY t.occurrence_on FOR UPDATE OF t"
    );
    const DONE: &str = "SELECT max(occurrence_on) FROM todo.tasks \
        WHERE user_id = $1 AND recurring_task_id = $2 AND status = 'completed'";
    // The locks first: what they wait for may be that a task is done.
    let rows = scope.rows(OPEN, vec![uuid(user), uuid(series)]).await?;
    let open = rows.into_iter().map(|row| Ok(Found::read(row, user)?.task));
    let open = open.collect::<Result<_, Error>>()?;
    let row = scope.row(DONE, vec![uuid(user), uuid(series)]).await?;
    let done_on = match row {
        Some(mut row) => row.take()?,
        None => None,
    };
    Ok(TasksOfSeries { open, done_on })
}

/// The tasks of a series from the date `first` to the date `last`, by date.
///
/// # Errors
///
/// What the database says.
pub async fn ids_of_series(
    scope: &Scope<'_>,
    user: Uuid,
    series: Uuid,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<(NaiveDate, Uuid)>, Error> {
    let sql = "SELECT occurrence_on, id FROM todo.tasks WHERE user_id = $1 \
               AND recurring_task_id = $2 AND occurrence_on BETWEEN $3 AND $4 \
               ORDER BY occurrence_on";
    let params: Vec<ParameterValue> = vec![uuid(user), uuid(series), first.into(), last.into()];
    let rows = scope.rows(sql, params).await?;
    rows.into_iter()
        .map(|mut row| Ok((row.take()?, row.take()?)))
        .collect()
}
