//! Tasks. A write commits the events that tell of it in the same statement.

mod count;
mod list;
mod row;
mod series;

pub use count::{Counts, count};
pub use list::{TaskPage, list};
pub use row::Found;
pub use series::{TasksOfSeries, create_occurrences, ids_of_series, of_series};

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::task::Task;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::outbox::{self, append_records};
use crate::params::{instant, instants, maybe, text, texts, uuid};
use crate::{Error, Scope, reminders};
pub(crate) use row::columns;
use row::today;

/// Writes a new task: the last statement of its transaction.
///
/// # Errors
///
/// [`Error::MissingReference`] when its person does not exist, and what else the
/// database says.
pub async fn create(scope: &Scope<'_>, task: &Task, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH task AS (INSERT INTO todo.tasks (id, user_id, title, description, status, \
         priority, tags, due_at, all_day_on, remind_at, completed_at, version, updated_at, \
         created_at) \
         VALUES ($2, $3, $4, $5, $6, $7, $8, $9::timestamp AT TIME ZONE 'UTC', $10, \
         $11::text[]::timestamptz[], $12::timestamp AT TIME ZONE 'UTC', $13, \
         $14::timestamp AT TIME ZONE 'UTC', $15::timestamp AT TIME ZONE 'UTC')), ",
        reminders::written_ahead!("true"),
        " ",
        append_records!()
    );
    let mut params = written(task, events)?;
    params.push(instant(task.created_at));
    scope.execute_last(SQL, params).await?;
    Ok(())
}

/// Writes a changed task: the last statement of its transaction, which has to
/// have found it by [`find_for_update`].
///
/// # Errors
///
/// What the database says.
pub async fn update(scope: &Scope<'_>, task: &Task, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH task AS (UPDATE todo.tasks SET title = $4, description = $5, status = $6, \
         priority = $7, tags = $8, due_at = $9::timestamp AT TIME ZONE 'UTC', \
         all_day_on = $10, remind_at = $11::text[]::timestamptz[], \
         completed_at = $12::timestamp AT TIME ZONE 'UTC', version = $13, \
         updated_at = $14::timestamp AT TIME ZONE 'UTC' \
         WHERE id = $2 AND user_id = $3), ",
        reminders::written_ahead!("true"),
        " ",
        append_records!()
    );
    scope.execute_last(SQL, written(task, events)?).await?;
    Ok(())
}

/// Deletes a task: the last statement of its transaction, which has to have found
/// it by [`find_for_update`].
///
/// # Errors
///
/// What the database says.
pub async fn delete(scope: &Scope<'_>, task: &Task, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH task AS (DELETE FROM todo.tasks WHERE id = $2 AND user_id = $3) ",
        append_records!()
    );
    let params = vec![outbox::records(events)?, uuid(task.id), uuid(task.user_id)];
    scope.execute_last(SQL, params).await?;
    Ok(())
}

/// The person's task of this id.
///
/// # Errors
///
/// What the database says.
pub async fn find(
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Found>, Error> {
    const SQL: &str = concat!(
        "SELECT t.id, ",
        columns!(),
        ", CASE WHEN t.all_day_on IS NOT NULL THEN ",
        today!("$3"),
        " END FROM todo.tasks t WHERE t.user_id = $1 AND t.id = $2"
    );
    let row = scope
        .row(SQL, vec![uuid(user), uuid(id), instant(now)])
        .await?;
    row.map(|row| Found::read(row, user)).transpose()
}

/// Like [`find`], and nobody else changes the task before this transaction ends.
/// The date is always there, because the change may need it.
///
/// # Errors
///
/// What the database says.
pub async fn find_for_update(
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Found>, Error> {
    const SQL: &str = concat!(
        "SELECT t.id, ",
        columns!(),
        ", ",
        today!("$3"),
        " FROM todo.tasks t WHERE t.user_id = $1 AND t.id = $2 FOR UPDATE OF t"
    );
    let row = scope
        .row(SQL, vec![uuid(user), uuid(id), instant(now)])
        .await?;
    row.map(|row| Found::read(row, user)).transpose()
}

/// Like [`find`], and the task stays as it is until this transaction ends: for
/// whoever tells of it, in the worker's role. The date is left out.
///
/// # Errors
///
/// What the database says.
pub async fn find_for_share(
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
) -> Result<Option<Task>, Error> {
    const SQL: &str = concat!(
        "SELECT t.id, ",
        columns!(),
        ", NULL::date FROM todo.tasks t WHERE t.user_id = $1 AND t.id = $2 FOR SHARE OF t"
    );
    let row = scope.row(SQL, vec![uuid(user), uuid(id)]).await?;
    row.map(|row| Ok(Found::read(row, user)?.task)).transpose()
}

/// `$1` to `$14` of the statements that write a task, `$1` to `$3` as
/// [`reminders::written_ahead`] takes them.
fn written(task: &Task, events: &[Event]) -> Result<Vec<ParameterValue>, Error> {
    let fields = &task.fields;
    Ok(vec![
        outbox::records(events)?,
        uuid(task.id),
        uuid(task.user_id),
        text(&fields.title),
        text(&fields.description),
        text(fields.status.name()),
        ParameterValue::Int16(fields.priority.number()),
        texts(&fields.tags),
        maybe(fields.due_at, instant),
        fields.all_day_on.into(),
        instants(&fields.remind_at),
        maybe(task.completed_at, instant),
        ParameterValue::Int64(task.version),
        instant(task.updated_at),
    ])
}
