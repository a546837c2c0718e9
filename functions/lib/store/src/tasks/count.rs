//! How many tasks there are.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::row::today;
use crate::params::{instant, uuid};
use crate::{Error, Scope};

/// What a person has to do and has done, and where they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Tasks to be done, those that are overdue among them.
    pub open: i64,
    /// Tasks that are done.
    pub completed: i64,
    /// Tasks that were due and are not done.
    pub overdue: i64,
    /// The name of the person's time zone.
    pub time_zone: String,
    /// The date there.
    pub today: NaiveDate,
}

/// Counts the person's tasks at `now`; `None`: there is no such person.
///
/// # Errors
///
/// What the database says.
pub async fn count(
    scope: &Scope<'_>,
    user: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<Counts>, Error> {
    const SQL: &str = concat!(
        "SELECT c.open, c.completed, c.overdue, u.time_zone, ",
        today!("$2"),
        " FROM todo.users u, (SELECT count(*) FILTER (WHERE status = 'open') AS open, \
             count(*) FILTER (WHERE status = 'completed') AS completed, \
             count(*) FILTER (WHERE status = 'open' AND \
                 (due_at < $2::timestamp AT TIME ZONE 'UTC' OR all_day_on < ",
        today!("$2"),
        ")) AS overdue FROM todo.tasks WHERE user_id = $1) c WHERE u.id = $1"
    );
    let row = scope.row(SQL, vec![uuid(user), instant(now)]).await?;
    row.map(|mut row| {
        Ok(Counts {
            open: row.take()?,
            completed: row.take()?,
            overdue: row.take()?,
            time_zone: row.take()?,
            today: row.take()?,
        })
    })
    .transpose()
}
