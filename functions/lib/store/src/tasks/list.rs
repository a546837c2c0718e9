//! Lists of tasks.

use chrono::{DateTime, Utc};
use domain::task::{Sort, SortKey, TaskQuery};
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use super::row::{Found, columns, today};
use crate::params::{instant, maybe, text, uuid};
use crate::{Error, Scope};

/// One page, and how many tasks there are on all pages.
#[derive(Clone, Debug)]
pub struct TaskPage {
    /// The page's tasks, in the order that was asked for.
    pub items: Vec<Found>,
    /// How many tasks fit the query.
    pub total: i64,
}

/// The person's tasks that fit `query`.
///
/// # Errors
///
/// What the database says.
pub async fn list(
    scope: &Scope<'_>,
    user: Uuid,
    query: &TaskQuery,
    now: DateTime<Utc>,
) -> Result<TaskPage, Error> {
    let limit = ParameterValue::Int64(query.page.size.into());
    let offset = ParameterValue::Int64(query.page.offset());
    let mut params = vec![uuid(user), instant(now), limit, offset];
    let filtered = !query.is_unfiltered();
    if filtered {
        params.extend(filters(query));
    }
    let rows = scope.rows(statement(filtered, query.sort), params).await?;
    let mut page = TaskPage {
        items: Vec::with_capacity(rows.len()),
        total: 0,
    };
    for mut row in rows {
        page.total = row.take()?;
        // An empty page still says how many there are on the others.
        if let Some(id) = row.take()? {
            page.items.push(Found::read_after_id(row, id, user)?);
        }
    }
    Ok(page)
}

/// `$5` to `$13`.
fn filters(query: &TaskQuery) -> [ParameterValue; 9] {
    [
        maybe(query.status, |status| text(status.name())),
        maybe(query.priority, |priority| {
            ParameterValue::Int16(priority.number())
        }),
        maybe(query.tag.as_deref(), text),
        maybe(query.due_before, instant),
        maybe(query.due_after, instant),
        query.overdue.into(),
        query.due_soon.into(),
        maybe(query.recurring_task_id, uuid),
        maybe(query.q.as_deref(), text),
    ]
}

/// What the person wants to see. One text for every combination: connections keep
/// a plan for each text they have seen, and a thousand combinations would be a
/// thousand plans. What does not depend on the row stands in a subselect, which
/// is evaluated once.
macro_rules! filter {
    () => {
        concat!(
            " AND ($5::text IS NULL OR t.status = $5) \
             AND ($6::smallint IS NULL OR t.priority = $6) \
             AND ($7::text IS NULL OR $7 = ANY (t.tags)) \
             AND ($8::timestamp IS NULL OR t.due_at < $8 AT TIME ZONE 'UTC' \
             OR t.all_day_on < ",
            local!("$8"),
            ") AND ($9::timestamp IS NULL OR t.due_at >= $9 AT TIME ZONE 'UTC' \
             OR t.all_day_on >= ",
            local!("$9"),
            ") AND ($10::boolean IS NULL OR $10 = coalesce(t.status = 'open' \
             AND (t.due_at < $2::timestamp AT TIME ZONE 'UTC' OR t.all_day_on < ",
            today!("$2"),
            "), false)) \
             AND ($11::boolean IS NULL OR $11 = coalesce(t.status = 'open' \
             AND (t.due_at BETWEEN ($2::timestamp AT TIME ZONE 'UTC') \
             AND ($2::timestamp + interval '1 day') AT TIME ZONE 'UTC' OR t.all_day_on = ",
            today!("$2"),
            "), false)) \
             AND ($12::uuid IS NULL OR t.recurring_task_id = $12) \
             AND ($13::text IS NULL OR \
             t.words @@ (SELECT websearch_to_tsquery('pg_catalog.simple', $13)))"
        )
    };
}

/// An instant on the person's clock: a day begins before it or not.
macro_rules! local {
    ($instant:literal) => {
        concat!(
            "(SELECT ",
            $instant,
            "::timestamp AT TIME ZONE 'UTC' AT TIME ZONE time_zone FROM todo.users WHERE id = $1)"
        )
    };
}

/// When a task is due, for the order: an all-day task counts from the beginning
/// of its day where the person lives.
macro_rules! due {
    () => {
        "coalesce(t.due_at, t.all_day_on::timestamp AT TIME ZONE \
         (SELECT time_zone FROM todo.users WHERE id = $1))"
    };
}

/// The statement: how many there are, joined with the page, so that both come
/// from one snapshot. The order is said twice because a join keeps none.
macro_rules! statement {
    ($filter:expr, $key:expr, $direction:literal) => {
        concat!(
            "SELECT counted.total, page.id, page.title, page.description, page.status, \
             page.priority, page.tags, page.due_at, page.all_day_on, page.remind_at, \
             page.completed_at, page.recurring_task_id, page.occurrence_on, page.version, \
             page.created_at, page.updated_at, page.today FROM \
             (SELECT count(*) AS total FROM todo.tasks t WHERE t.user_id = $1",
            $filter,
            ") counted LEFT JOIN (SELECT t.id, ",
            columns!(),
            ", CASE WHEN t.all_day_on IS NOT NULL THEN ",
            today!("$2"),
            " END AS today, ",
            $key,
            " AS key FROM todo.tasks t WHERE t.user_id = $1",
            $filter,
            " ORDER BY key",
            $direction,
            ", t.id",
            $direction,
            " LIMIT $3 OFFSET $4) page ON true ORDER BY page.key",
            $direction,
            ", page.id",
            $direction
        )
    };
}

/// Ascending order has NULL last by itself; in descending order it has to be said,
/// but only where there is NULL, because no index is ordered so.
macro_rules! directions {
    ($filtered:ident, $descending:expr, $key:expr) => {
        directions!($filtered, $descending, $key, " DESC")
    };
    ($filtered:ident, $descending:expr, $key:expr, $down:literal) => {
        match ($filtered, $descending) {
            (false, false) => statement!("", $key, ""),
            (false, true) => statement!("", $key, $down),
            (true, false) => statement!(filter!(), $key, ""),
            (true, true) => statement!(filter!(), $key, $down),
        }
    };
}

/// One of twenty texts.
fn statement(filtered: bool, sort: Sort) -> &'static str {
    let descending = sort.descending;
    match sort.key {
        SortKey::DueAt => directions!(filtered, descending, due!(), " DESC NULLS LAST"),
        SortKey::CreatedAt => directions!(filtered, descending, "t.created_at"),
        SortKey::UpdatedAt => directions!(filtered, descending, "t.updated_at"),
        SortKey::Priority => directions!(filtered, descending, "t.priority"),
        SortKey::Title => directions!(filtered, descending, "lower(t.title)"),
    }
}
