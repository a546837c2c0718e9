//! The handlers' side, in the worker's role.

use chrono::{DateTime, NaiveDateTime, Utc};
use domain::account::{Digest, QuietHours};
use domain::notification::{Due, NewNotification, Preferences, Showing};
use futures::future::join;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::params::{instant, maybe, text, uuid};
use crate::{Error, Scope};

/// A person who is to be told something, and the clock on their wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// What they prefer.
    pub preferences: Preferences,
    /// The time where they live.
    pub local_now: NaiveDateTime,
    /// When the task in question is due there.
    pub due: Option<Due>,
}

/// The person, at `now`, and when their task is due; `None`: there is no such person.
///
/// # Errors
///
/// What the database says.
pub async fn recipient(
    scope: &Scope<'_>,
    user: Uuid,
    task: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<Option<Recipient>, Error> {
    let sql = "SELECT u.quiet_from, u.quiet_until, u.digest, \
                   $3::timestamp AT TIME ZONE 'UTC' AT TIME ZONE u.time_zone, \
                   t.due_at AT TIME ZONE u.time_zone, t.all_day_on \
               FROM todo.users u LEFT JOIN todo.tasks t ON t.user_id = u.id AND t.id = $2 \
               WHERE u.id = $1";
    let params = vec![uuid(user), maybe(task, uuid), instant(now)];
    let row = scope.row(sql, params).await?;
    row.map(|mut row| {
        let quiet_hours = QuietHours::between(row.take()?, row.take()?);
        let digest: String = row.take()?;
        let unknown = || Error::Internal("a person has an unknown digest".into());
        let preferences = Preferences {
            quiet_hours,
            digest: Digest::of(&digest).ok_or_else(unknown)?,
        };
        let local_now = row.take::<DateTime<Utc>>()?.naive_utc();
        let at: Option<DateTime<Utc>> = row.take()?;
        let on = row.take()?;
        let due = at
            .map(|at| Due::At(at.naive_utc()))
            .or(Option::map(on, Due::On));
        Ok(Recipient {
            preferences,
            local_now,
            due,
        })
    })
    .transpose()
}

/// Gives a person a notification, unless they have one of its kind for this task
/// and time: the last statement of its transaction.
///
/// # Errors
///
/// What the database says.
pub async fn give(scope: &Scope<'_>, new: &NewNotification) -> Result<(), Error> {
    // The database turns the time on the person's clock into an instant.
    let sql = "INSERT INTO todo.notifications \
                   (id, user_id, kind, title, body, task_id, occurs_at, created_at, not_before) \
               SELECT $1, id, $3, $4, $5, $6, $7::timestamp AT TIME ZONE 'UTC', \
                   $8::timestamp AT TIME ZONE 'UTC', \
                   greatest($8::timestamp AT TIME ZONE 'UTC', $9::timestamp AT TIME ZONE time_zone) \
               FROM todo.users WHERE id = $2 ON CONFLICT DO NOTHING";
    let shown_from = match new.showing {
        Showing::Now => ParameterValue::DbNull,
        Showing::From(local) => local.into(),
        Showing::Never => return Ok(()),
    };
    let params = vec![
        uuid(new.id),
        uuid(new.user_id),
        text(new.kind.name()),
        text(&new.title),
        text(&new.body),
        maybe(new.task_id, uuid),
        maybe(new.occurs_at, instant),
        instant(new.created_at),
        shown_from,
    ];
    scope.execute_last(sql, params).await?;
    Ok(())
}

/// Takes back what was held until later about a task, where the task is done, gone,
/// or has another time by now: the last statement of its transaction.
///
/// # Errors
///
/// What the database says.
pub async fn withdraw(
    scope: &Scope<'_>,
    user: Uuid,
    task: Uuid,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    scope
        .execute_last(WITHDRAW, vec![uuid(user), uuid(task), instant(now)])
        .await?;
    Ok(())
}

/// Forgets a task that is gone: takes back what was held until later about it, and
/// lets what was told of it name it no more. The last statements of their transaction.
///
/// # Errors
///
/// What the database says.
pub async fn forget(
    scope: &Scope<'_>,
    user: Uuid,
    task: Uuid,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let withdraw = scope.execute(WITHDRAW, vec![uuid(user), uuid(task), instant(now)]);
    let detach = scope.execute_last(
        "UPDATE todo.notifications SET task_id = NULL WHERE user_id = $1 AND task_id = $2",
        vec![uuid(user), uuid(task)],
    );
    let (withdrawn, detached) = join(withdraw, detach).await;
    withdrawn?;
    detached?;
    Ok(())
}

const WITHDRAW: &str = "DELETE FROM todo.notifications n \
               WHERE n.user_id = $1 AND n.task_id = $2 \
                   AND n.not_before > $3::timestamp AT TIME ZONE 'UTC' \
                   AND NOT EXISTS (SELECT FROM todo.tasks t \
                       WHERE t.user_id = $1 AND t.id = $2 AND t.status = 'open' \
                       AND CASE n.kind WHEN 'reminder' THEN n.occurs_at = ANY (t.remind_at) \
                           WHEN 'series' THEN true \
                           ELSE n.occurs_at = coalesce(t.due_at, \
                               t.all_day_on::timestamp AT TIME ZONE 'UTC') END)";
