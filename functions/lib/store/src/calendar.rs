//! A person's own calendar. PostgreSQL knows the time zones, so that functions
//! need not carry them.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::{Error, Scope, params};

/// The date at `now` where `user` lives, or `None` when there is no such person.
///
/// # Errors
///
/// What the database says.
pub async fn today(
    scope: &Scope<'_>,
    user: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<NaiveDate>, Error> {
    let sql = "SELECT ($2::timestamp AT TIME ZONE 'UTC' AT TIME ZONE time_zone)::date \
               FROM todo.users WHERE id = $1";
    let row = scope
        .row(sql, vec![params::uuid(user), params::instant(now)])
        .await?;
    row.map(|mut row| row.take()).transpose()
}

/// The name of the time zone where `user` lives, or `None` when there is no such
/// person.
///
/// # Errors
///
/// What the database says.
pub async fn time_zone(scope: &Scope<'_>, user: Uuid) -> Result<Option<String>, Error> {
    let sql = "SELECT time_zone FROM todo.users WHERE id = $1";
    let row = scope.row(sql, vec![params::uuid(user)]).await?;
    row.map(|mut row| row.take()).transpose()
}
