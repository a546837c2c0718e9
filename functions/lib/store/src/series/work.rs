//! The workers' side: how series go forward.

use chrono::{DateTime, Utc};
use domain::series::{NewTask, Series, Skipped};
use futures::future::join3;
use spin_sdk::pg::ParameterValue;

use super::row::{columns, read};
use crate::params::{instant, int, maybe, uuid};
use crate::{Error, Scope, tasks};

/// Series that have something to make.
#[derive(Debug, Default)]
pub struct Claimed {
    /// Those that could be read, locked until the transaction ends.
    pub series: Vec<Series>,
    /// What was wrong with the others. They stay where they are.
    pub unreadable: Vec<Error>,
}

impl Claimed {
    /// How many they are.
    pub fn count(&self) -> usize {
        self.series.len() + self.unreadable.len()
    }
}

/// Up to `limit` series of anybody that have something to make at `now`, those first
/// that have waited longest. What another transaction works on is left to it.
///
/// # Errors
///
/// What the database says.
pub async fn claim_due(
    scope: &Scope<'_>,
    now: DateTime<Utc>,
    limit: usize,
) -> Result<Claimed, Error> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        " FROM todo.recurring_tasks s WHERE s.roll_forward_at <= $1::timestamp AT TIME ZONE 'UTC' \
         ORDER BY s.roll_forward_at LIMIT $2 FOR UPDATE OF s SKIP LOCKED"
    );
    let limit = ParameterValue::Int64(i64::try_from(limit).unwrap_or(i64::MAX));
    let mut claimed = Claimed::default();
    for row in scope.rows(SQL, vec![instant(now), limit]).await? {
        match read(row) {
            Ok(series) => claimed.series.push(series),
            Err(error) => claimed.unreadable.push(error),
        }
    }
    Ok(claimed)
}

/// Writes how far a series has come, what it skipped, and the tasks that it makes.
///
/// # Errors
///
/// What the database says.
pub async fn advance(
    scope: &Scope<'_>,
    series: &Series,
    skipped: Option<Skipped>,
    tasks: &[NewTask],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let (saved, skipped, made) = join3(
        save_progress(scope, series),
        super::skip(scope, series, skipped, now),
        tasks::create_occurrences(scope, tasks),
    )
    .await;
    saved.and(skipped).and(made)
}

async fn save_progress(scope: &Scope<'_>, series: &Series) -> Result<(), Error> {
    let sql = "UPDATE todo.recurring_tasks SET last_on = $3, made = $4, \
                   next_due_at = $5::timestamp AT TIME ZONE 'UTC', \
                   last_created_at = $6::timestamp AT TIME ZONE 'UTC', \
                   roll_forward_at = $7::timestamp AT TIME ZONE 'UTC' \
               WHERE user_id = $1 AND id = $2";
    let progress = &series.progress;
    let params = vec![
        uuid(series.user_id),
        uuid(series.id),
        progress.last_on.into(),
        int(progress.made)?.into(),
        maybe(progress.next_due_at, instant),
        maybe(progress.last_created_at, instant),
        maybe(series.roll_forward_at(), instant),
    ];
    scope.execute(sql, params).await?;
    Ok(())
}
