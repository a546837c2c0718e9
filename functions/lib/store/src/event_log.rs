//! The log of what happened, and what is counted from it.

use chrono::{DateTime, NaiveDate, Utc};
use domain::instant::{Day, Out};
use domain::query::Page;
use domain::stats::DayCount;
use serde_json::value::RawValue;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::params::{instant, text, uuid};
use crate::{Error, Scope};

/// One event, as it is kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event's id.
    pub event_id: Uuid,
    /// Whose event it is.
    pub user_id: Uuid,
    /// The CloudEvents type.
    pub kind: &'static str,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// The event's payload.
    pub payload: Box<RawValue>,
}

/// One event, as its person sees it.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Shown {
    /// The event's id.
    pub id: Uuid,
    /// The CloudEvents type.
    pub r#type: String,
    /// When it happened.
    pub time: Out,
    /// The event's payload: the task as it was then.
    pub payload: Box<RawValue>,
}

/// One page of a task's events, the newest first.
#[derive(Clone, Debug)]
pub struct Events {
    /// The page's events.
    pub items: Vec<Shown>,
    /// How many there are on all pages.
    pub total: i64,
}

/// Logs an event of a task or series: the last statement of its transaction. When
/// the person is gone there is nobody to log it for.
///
/// # Errors
///
/// What the database says.
pub async fn append_of_task(scope: &Scope<'_>, subject: Uuid, entry: &Entry) -> Result<(), Error> {
    let sql = "INSERT INTO todo.task_event_log \
                   (event_id, user_id, type, happened_at, payload, subject) \
               SELECT $1, id, $3, $4::timestamp AT TIME ZONE 'UTC', $5, $6 \
               FROM todo.users WHERE id = $2 ON CONFLICT DO NOTHING";
    let mut params = written(entry);
    params.push(uuid(subject));
    scope.execute_last(sql, params).await?;
    Ok(())
}

/// Logs an event of an account: the last statement of its transaction.
///
/// # Errors
///
/// What the database says.
pub async fn append_of_account(scope: &Scope<'_>, entry: &Entry) -> Result<(), Error> {
    let sql = "INSERT INTO todo.account_event_log (event_id, user_id, type, happened_at, payload) \
               SELECT $1, id, $3, $4::timestamp AT TIME ZONE 'UTC', $5 \
               FROM todo.users WHERE id = $2 ON CONFLICT DO NOTHING";
    scope.execute_last(sql, written(entry)).await?;
    Ok(())
}

/// `$1` to `$5`.
fn written(entry: &Entry) -> Vec<ParameterValue> {
    vec![
        uuid(entry.event_id),
        uuid(entry.user_id),
        text(entry.kind),
        instant(entry.happened_at),
        ParameterValue::Jsonb(entry.payload.get().as_bytes().to_vec()),
    ]
}

/// A page of the events of the person's task, or `None` when the person neither has
/// nor had such a task. A task that is new has none for a moment: the log follows.
///
/// # Errors
///
/// What the database says.
pub async fn of_task(
    scope: &Scope<'_>,
    user: Uuid,
    task: Uuid,
    page: Page,
) -> Result<Option<Events>, Error> {
    let sql = "SELECT known.total, known.exists, page.event_id, page.type, \
                   page.happened_at AT TIME ZONE 'UTC', page.payload \
               FROM (SELECT count(*) AS total, \
                       EXISTS (SELECT FROM todo.tasks WHERE user_id = $1 AND id = $2) AS exists \
                   FROM todo.task_event_log WHERE user_id = $1 AND subject = $2 \
                       AND type LIKE 'todo.task.%') known \
               LEFT JOIN (SELECT event_id, type, happened_at, payload FROM todo.task_event_log \
                   WHERE user_id = $1 AND subject = $2 AND type LIKE 'todo.task.%' \
                   ORDER BY happened_at DESC, event_id DESC LIMIT $3 OFFSET $4) page ON true \
               ORDER BY page.happened_at DESC, page.event_id DESC";
    let params = vec![
        uuid(user),
        uuid(task),
        ParameterValue::Int64(page.size.into()),
        ParameterValue::Int64(page.offset()),
    ];
    let (mut items, mut total, mut exists) = (Vec::new(), 0, false);
    for mut row in scope.rows(sql, params).await? {
        total = row.take()?;
        exists = row.take()?;
        if let Some(id) = row.take()? {
            items.push(Shown {
                id,
                r#type: row.take()?,
                time: Out(row.take()?),
                payload: json(row.take()?)?,
            });
        }
    }
    Ok((total > 0 || exists).then_some(Events { items, total }))
}

/// What the person made and completed on each day from `since` on, where they live;
/// days without either are left out.
///
/// # Errors
///
/// What the database says.
pub async fn by_day(
    scope: &Scope<'_>,
    user: Uuid,
    since: NaiveDate,
) -> Result<Vec<DayCount>, Error> {
    // The subselects are worked out once.
    let sql = "SELECT (l.happened_at AT TIME ZONE \
                   (SELECT time_zone FROM todo.users WHERE id = $1))::date AS day, \
                   count(*) FILTER (WHERE l.type = 'todo.task.created'), \
                   count(DISTINCT l.subject) FILTER (WHERE l.type = 'todo.task.completed') \
               FROM todo.task_event_log l WHERE l.user_id = $1 \
                   AND l.type IN ('todo.task.created', 'todo.task.completed') \
                   AND l.happened_at >= (SELECT $2::date::timestamp AT TIME ZONE time_zone \
                       FROM todo.users WHERE id = $1) \
               GROUP BY day";
    let rows = scope.rows(sql, vec![uuid(user), since.into()]).await?;
    rows.into_iter()
        .map(|mut row| {
            Ok(DayCount {
                date: Day(row.take()?),
                created: row.take()?,
                completed: row.take()?,
            })
        })
        .collect()
}

fn json(bytes: Vec<u8>) -> Result<Box<RawValue>, Error> {
    let broken = |_| Error::Internal("a logged event is no JSON".into());
    let text = String::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    RawValue::from_string(text).map_err(|error| broken(error.to_string()))
}
