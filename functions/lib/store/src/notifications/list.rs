//! The person's side. What is held until later is not there yet.

use chrono::{DateTime, Utc};
use domain::instant::Out;
use domain::notification::{Notification, NotificationQuery};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::params::{instant, uuid};
use crate::{Error, Scope};

/// One page, and how many there are.
#[derive(Clone, Debug)]
pub struct NotificationPage {
    /// The page's notifications, what was shown last first.
    pub items: Vec<Notification>,
    /// How many fit the query, on all pages.
    pub total: i64,
    /// How many of all were not read yet.
    pub unread: i64,
}

/// The person's notifications that fit `query`.
///
/// # Errors
///
/// What the database says.
pub async fn list(
    scope: &Scope<'_>,
    user: Uuid,
    query: NotificationQuery,
    now: DateTime<Utc>,
) -> Result<NotificationPage, Error> {
    let sql = "SELECT counted.total, counted.unread, page.id, page.kind, page.title, page.body, \
                   page.task_id, page.created_at AT TIME ZONE 'UTC', \
                   page.read_at AT TIME ZONE 'UTC' \
               FROM (SELECT \
                       count(*) FILTER (WHERE $5::boolean IS NULL OR (read_at IS NULL) = $5) AS total, \
                       count(*) FILTER (WHERE read_at IS NULL) AS unread \
                   FROM todo.notifications \
                   WHERE user_id = $1 AND not_before <= $2::timestamp AT TIME ZONE 'UTC') counted \
               LEFT JOIN (SELECT * FROM todo.notifications \
                   WHERE user_id = $1 AND not_before <= $2::timestamp AT TIME ZONE 'UTC' \
                       AND ($5::boolean IS NULL OR (read_at IS NULL) = $5) \
                   ORDER BY not_before DESC, id DESC LIMIT $3 OFFSET $4) page ON true \
               ORDER BY page.not_before DESC, page.id DESC";
    let params = vec![
        uuid(user),
        instant(now),
        ParameterValue::Int64(query.page.size.into()),
        ParameterValue::Int64(query.page.offset()),
        query.unread.into(),
    ];
    let mut page = NotificationPage {
        items: Vec::new(),
        total: 0,
        unread: 0,
    };
    for mut row in scope.rows(sql, params).await? {
        page.total = row.take()?;
        page.unread = row.take()?;
        if let Some(id) = row.take()? {
            page.items.push(Notification {
                id,
                kind: row.take()?,
                title: row.take()?,
                body: row.take()?,
                task_id: row.take()?,
                created_at: Out(row.take()?),
                read_at: row.take::<Option<DateTime<Utc>>>()?.map(Out),
            });
        }
    }
    Ok(page)
}

/// Marks one as read, when it was not yet. `false`: the person has no such.
///
/// # Errors
///
/// What the database says.
pub async fn mark_read(
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, Error> {
    let sql = "UPDATE todo.notifications \
               SET read_at = coalesce(read_at, $3::timestamp AT TIME ZONE 'UTC') \
               WHERE user_id = $1 AND id = $2 AND not_before <= $3::timestamp AT TIME ZONE 'UTC'";
    let params = vec![uuid(user), uuid(id), instant(now)];
    Ok(scope.execute_last(sql, params).await? > 0)
}

/// Marks all as read that are shown.
///
/// # Errors
///
/// What the database says.
pub async fn mark_all_read(scope: &Scope<'_>, user: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
    let sql = "UPDATE todo.notifications SET read_at = $2::timestamp AT TIME ZONE 'UTC' \
               WHERE user_id = $1 AND read_at IS NULL \
                   AND not_before <= $2::timestamp AT TIME ZONE 'UTC'";
    scope
        .execute_last(sql, vec![uuid(user), instant(now)])
        .await?;
    Ok(())
}
