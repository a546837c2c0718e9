//! Recurring tasks. A write commits the events that tell of it in the same
//! statement.

mod row;
mod work;

pub use work::{Claimed, advance, claim_due};

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::query::Page;
use domain::recurrence::{Until, weekday_name};
use domain::series::{Repeat, Series, Skipped};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::outbox::{self, append_records};
use crate::params::{instant, int, maybe, text, texts, uuid};
use crate::{Error, Scope};
use row::{columns, read};

/// One page of a person's series, in the order in which they were made.
#[derive(Clone, Debug)]
pub struct SeriesPage {
    /// The page's series.
    pub items: Vec<Series>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Writes a new series.
///
/// # Errors
///
/// [`Error::MissingReference`] when its person does not exist, and what else the
/// database says.
pub async fn create(scope: &Scope<'_>, series: &Series, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH series AS (INSERT INTO todo.recurring_tasks (id, user_id, title, description, \
         priority, tags, recurrence_type, recurrence_interval, weekdays, month_day, rrule, mode, \
         time_zone, start_date, ends_at, ends_on, count, is_active, remind_before, last_on, made, \
         next_due_at, last_created_at, roll_forward_at, version, updated_at, created_at) \
         VALUES ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, \
         $15::timestamp AT TIME ZONE 'UTC', $16::timestamp AT TIME ZONE 'UTC', $17, $18, $19, \
         $20, $21, $22, $23::timestamp AT TIME ZONE 'UTC', $24::timestamp AT TIME ZONE 'UTC', \
         $25::timestamp AT TIME ZONE 'UTC', $26, $27::timestamp AT TIME ZONE 'UTC', \
         $28::timestamp AT TIME ZONE 'UTC')) ",
        append_records!()
    );
    let mut params = written(series, events)?;
    params.push(instant(series.created_at));
    scope.execute(SQL, params).await?;
    Ok(())
}

/// Writes a changed series, which has to be one that [`find_for_update`] found.
///
/// # Errors
///
/// What the database says.
pub async fn update(scope: &Scope<'_>, series: &Series, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH series AS (UPDATE todo.recurring_tasks SET title = $4, description = $5, \
         priority = $6, tags = $7, recurrence_type = $8, recurrence_interval = $9, \
         weekdays = $10, month_day = $11, rrule = $12, mode = $13, time_zone = $14, \
         start_date = $15::timestamp AT TIME ZONE 'UTC', \
         ends_at = $16::timestamp AT TIME ZONE 'UTC', ends_on = $17, count = $18, \
         is_active = $19, remind_before = $20, last_on = $21, made = $22, \
         next_due_at = $23::timestamp AT TIME ZONE 'UTC', \
         last_created_at = $24::timestamp AT TIME ZONE 'UTC', \
         roll_forward_at = $25::timestamp AT TIME ZONE 'UTC', version = $26, \
         updated_at = $27::timestamp AT TIME ZONE 'UTC' \
         WHERE id = $2 AND user_id = $3) ",
        append_records!()
    );
    scope.execute(SQL, written(series, events)?).await?;
    Ok(())
}

/// Deletes a series: the last statement of its transaction, which has to have found
/// it by [`find_for_update`]. The tasks that it made stay, as tasks of no series.
///
/// # Errors
///
/// What the database says.
pub async fn delete(scope: &Scope<'_>, series: &Series, events: &[Event]) -> Result<(), Error> {
    const SQL: &str = concat!(
        "WITH series AS (DELETE FROM todo.recurring_tasks WHERE id = $2 AND user_id = $3) ",
        append_records!()
    );
    let params = vec![
        outbox::records(events)?,
        uuid(series.id),
        uuid(series.user_id),
    ];
    scope.execute_last(SQL, params).await?;
    Ok(())
}

/// The person's series of this id.
///
/// # Errors
///
/// What the database says.
pub async fn find(scope: &Scope<'_>, user: Uuid, id: Uuid) -> Result<Option<Series>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM todo.recurring_tasks s WHERE s.user_id = $1 AND s.id = $2"
    );
    let row = scope.row(SQL, vec![uuid(user), uuid(id)]).await?;
    row.map(read).transpose()
}

/// Like [`find`], and nobody else changes the series before this transaction ends.
///
/// # Errors
///
/// What the database says.
pub async fn find_for_update(
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
) -> Result<Option<Series>, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM todo.recurring_tasks s WHERE s.user_id = $1 AND s.id = $2 FOR UPDATE OF s"
    );
    let row = scope.row(SQL, vec![uuid(user), uuid(id)]).await?;
    row.map(read).transpose()
}

/// A page of the person's series.
///
/// # Errors
///
/// What the database says.
pub async fn list(scope: &Scope<'_>, user: Uuid, page: Page) -> Result<SeriesPage, Error> {
    // The count joined with the page, so that both come from one snapshot.
    const SQL: &str = concat!(
        "SELECT counted.total, s.id IS NOT NULL, ",
        columns!(),
        " FROM (SELECT count(*) AS total FROM todo.recurring_tasks WHERE user_id = $1) counted \
         LEFT JOIN (SELECT * FROM todo.recurring_tasks WHERE user_id = $1 \
         ORDER BY created_at, id LIMIT $2 OFFSET $3) s ON true ORDER BY s.created_at, s.id"
    );
    let params = vec![
        uuid(user),
        ParameterValue::Int64(page.size.into()),
        ParameterValue::Int64(page.offset()),
    ];
    let mut found = SeriesPage {
        items: Vec::new(),
        total: 0,
    };
    for mut row in scope.rows(SQL, params).await? {
        found.total = row.take()?;
        if row.take()? {
            found.items.push(read(row)?);
        }
    }
    Ok(found)
}

/// Records occurrences that nothing is made of, when there are any.
///
/// # Errors
///
/// What the database says.
pub async fn skip(
    scope: &Scope<'_>,
    series: &Series,
    skipped: Option<Skipped>,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    // A series that was given a new rhythm may come by the same dates again.
    let sql = "INSERT INTO todo.skipped_occurrences \
                   (recurring_task_id, user_id, first_on, last_on, count, skipped_at) \
               VALUES ($1, $2, $3, $4, $5, $6::timestamp AT TIME ZONE 'UTC') \
               ON CONFLICT (recurring_task_id, first_on) DO UPDATE \
               SET last_on = excluded.last_on, count = excluded.count, \
                   skipped_at = excluded.skipped_at";
    let Some(skipped) = skipped else {
        return Ok(());
    };
    let params = vec![
        uuid(series.id),
        uuid(series.user_id),
        skipped.first_on.into(),
        skipped.last_on.into(),
        int(skipped.count)?.into(),
        instant(now),
    ];
    scope.execute(sql, params).await?;
    Ok(())
}

/// `$1` to `$27` of the statements that write a series.
fn written(series: &Series, events: &[Event]) -> Result<Vec<ParameterValue>, Error> {
    let fields = &series.fields;
    let (frequency, interval, weekdays, month_day, rule) = match &fields.repeat {
        Repeat::Plain {
            frequency,
            interval,
            weekdays,
            month_day,
        } => (
            Some(frequency.name()),
            Some(*interval),
            weekdays.as_slice(),
            *month_day,
            None,
        ),
        Repeat::Rule { text, .. } => (None, None, [].as_slice(), None, Some(text)),
    };
    let weekdays = weekdays.iter().map(|day| weekday_name(*day).to_owned());
    let (ends_at, ends_on) = match fields.end_date {
        Some(Until::Instant(instant)) => (Some(instant), None),
        Some(Until::Day(day)) => (None, Some(day)),
        // Only rules end so.
        Some(Until::Local(_)) => return Err(Error::Internal("no end_date is local".into())),
        None => (None, None),
    };
    let minutes = fields.remind_before.iter().copied().map(int);
    let minutes = minutes.collect::<Result<Vec<_>, _>>()?;
    let progress = &series.progress;
    Ok(vec![
        outbox::records(events)?,
        uuid(series.id),
        uuid(series.user_id),
        text(&fields.title),
        text(&fields.description),
        ParameterValue::Int16(fields.priority.number()),
        texts(&fields.tags),
        maybe(frequency, text),
        interval.map(int).transpose()?.into(),
        texts(&weekdays.collect::<Vec<_>>()),
        month_day.into(),
        maybe(rule, text),
        text(fields.mode.name()),
        text(fields.time_zone.name()),
        instant(fields.start_date),
        maybe(ends_at, instant),
        ends_on.into(),
        fields.count.map(int).transpose()?.into(),
        ParameterValue::Boolean(fields.is_active),
        ParameterValue::ArrayInt32(minutes.into_iter().map(Some).collect()),
        progress.last_on.into(),
        int(progress.made)?.into(),
        maybe(progress.next_due_at, instant),
        maybe(progress.last_created_at, instant),
        maybe(series.roll_forward_at(), instant),
        ParameterValue::Int64(series.version),
        instant(series.updated_at),
    ])
}
