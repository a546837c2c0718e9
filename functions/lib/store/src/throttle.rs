//! The counters that slow sign-in down: see [`domain::account::Counter`].

use chrono::{DateTime, SecondsFormat, Utc};
use domain::account::Counter;
use spin_sdk::pg::ParameterValue;

use crate::{Error, Scope, params};

/// Rows that [`sweep`] removes at most, so that nobody's request does everybody's
/// work.
const SWEPT_AT_ONCE: i64 = 20;

/// Reads the counters of `keys` and keeps them locked for the scope's transaction.
/// They come in the order of `keys`; what was not counted yet starts at `now`.
///
/// # Errors
///
/// What the database says.
pub async fn lock(
    scope: &Scope<'_>,
    keys: &[String],
    now: DateTime<Utc>,
) -> Result<Vec<Counter>, Error> {
    // One order of locks for everybody, so that no two wait for each other.
    let sql = "INSERT INTO todo.sign_in_attempts AS a (key, forget_at) \
               SELECT key, $2::timestamp AT TIME ZONE 'UTC' FROM unnest($1::text[]) AS key ORDER BY key \
               ON CONFLICT (key) DO UPDATE SET key = a.key \
               RETURNING a.key, a.count, a.blocked_until AT TIME ZONE 'UTC', \
                   a.forget_at AT TIME ZONE 'UTC', a.trusted_until AT TIME ZONE 'UTC'";
    let rows = scope
        .rows(sql, vec![params::texts(keys), params::instant(now)])
        .await?;
    let mut counters = vec![Counter::new(now); keys.len()];
    for mut row in rows {
        let key: String = row.take()?;
        let counter = Counter {
            count: row.take()?,
            blocked_until: row.take()?,
            forget_at: row.take()?,
            trusted_until: row.take()?,
        };
        if let Some(place) = keys.iter().position(|known| *known == key) {
            counters[place] = counter;
        }
    }
    Ok(counters)
}

/// Writes counters back that [`lock`] gave, as the transaction's last statement.
///
/// # Errors
///
/// What the database says.
pub async fn save(scope: &Scope<'_>, keys: &[String], counters: &[Counter]) -> Result<(), Error> {
    let sql = "UPDATE todo.sign_in_attempts AS a SET count = c.count, blocked_until = c.blocked::timestamptz, \
                   forget_at = c.forget::timestamptz, trusted_until = c.trusted::timestamptz \
               FROM unnest($1::text[], $2::integer[], $3::text[], $4::text[], $5::text[]) \
                   AS c (key, count, blocked, forget, trusted) \
               WHERE a.key = c.key";
    let column = |of: fn(&Counter) -> Option<DateTime<Utc>>| {
        ParameterValue::ArrayStr(
            counters
                .iter()
                .map(|counter| of(counter).map(text))
                .collect(),
        )
    };
    let params = vec![
        params::texts(keys),
        ParameterValue::ArrayInt32(counters.iter().map(|counter| Some(counter.count)).collect()),
        column(|counter| counter.blocked_until),
        column(|counter| Some(counter.forget_at)),
        column(|counter| counter.trusted_until),
    ];
    scope.execute_last(sql, params).await?;
    Ok(())
}

/// Removes some counters that say nothing any more.
///
/// # Errors
///
/// What the database says.
pub async fn sweep(scope: &Scope<'_>, now: DateTime<Utc>) -> Result<(), Error> {
    let sql = "DELETE FROM todo.sign_in_attempts WHERE key IN ( \
                   SELECT key FROM todo.sign_in_attempts \
                   WHERE forget_at < $1::timestamp AT TIME ZONE 'UTC' \
                       AND (trusted_until IS NULL OR trusted_until < $1::timestamp AT TIME ZONE 'UTC') \
                   LIMIT $2 FOR UPDATE SKIP LOCKED)";
    let params = vec![params::instant(now), ParameterValue::Int64(SWEPT_AT_ONCE)];
    scope.execute(sql, params).await?;
    Ok(())
}

fn text(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Micros, true)
}
