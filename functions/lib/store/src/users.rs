//! Accounts. For sign-in's role, which has to find people before it knows who they
//! are: no statement here leaves out whom it is about.

use chrono::{DateTime, Utc};
use domain::account::{ProfilePatch, QuietHours, User};
use domain::instant::Out;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::{Error, Row, Scope, params};

/// The columns that [`user`] reads, of `todo.users AS u`.
macro_rules! columns {
    () => {
        "u.id, u.email, u.name, u.locale, u.time_zone, u.quiet_from, u.quiet_until, u.digest, \
         u.created_at AT TIME ZONE 'UTC', u.updated_at AT TIME ZONE 'UTC'"
    };
}
pub(crate) use columns;

/// Reads a person from the next columns of a row.
pub(crate) fn user(row: &mut Row) -> Result<User, Error> {
    Ok(User {
        id: row.take()?,
        email: row.take()?,
        name: row.take()?,
        locale: row.take()?,
        time_zone: row.take()?,
        quiet_hours: QuietHours::between(row.take()?, row.take()?),
        digest: row.take()?,
        created_at: Out(row.take()?),
        updated_at: Out(row.take()?),
    })
}

/// The person with this address, normalised, and the hash of their password, which
/// is `None` for somebody who has none.
///
/// # Errors
///
/// What the database says.
pub async fn by_email(
    scope: &Scope<'_>,
    email: &str,
) -> Result<Option<(User, Option<String>)>, Error> {
    let sql = concat!(
        "SELECT ",
        columns!(),
        ", u.password_hash FROM todo.users u WHERE u.email = $1"
    );
    let row = scope.row(sql, vec![params::text(email)]).await?;
    row.map(|mut row| Ok((user(&mut row)?, row.take()?)))
        .transpose()
}

/// A person by their id.
///
/// # Errors
///
/// What the database says.
pub async fn by_id(scope: &Scope<'_>, id: Uuid) -> Result<Option<User>, Error> {
    let sql = concat!("SELECT ", columns!(), " FROM todo.users u WHERE u.id = $1");
    let row = scope.row(sql, vec![params::uuid(id)]).await?;
    row.map(|mut row| user(&mut row)).transpose()
}

/// Writes a new person down, with the hash of their password.
///
/// # Errors
///
/// [`Error::Conflict`] when the address has an account.
pub async fn insert(scope: &Scope<'_>, user: &User, password_hash: &str) -> Result<(), Error> {
    let sql = "INSERT INTO todo.users \
                   (id, email, name, password_hash, locale, time_zone, digest, created_at, updated_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, \
                   $8::timestamp AT TIME ZONE 'UTC', $9::timestamp AT TIME ZONE 'UTC')";
    let params = vec![
        params::uuid(user.id),
        params::text(&user.email),
        params::text(&user.name),
        params::text(password_hash),
        params::text(&user.locale),
        params::text(&user.time_zone),
        params::text(&user.digest),
        params::instant(user.created_at.0),
        params::instant(user.updated_at.0),
    ];
    scope.execute(sql, params).await?;
    Ok(())
}

/// Replaces the hash of a password that was made with weaker parameters; not one
/// that was replaced meanwhile.
///
/// # Errors
///
/// What the database says.
pub async fn rehash(scope: &Scope<'_>, id: Uuid, old: &str, new: &str) -> Result<(), Error> {
    let sql = "UPDATE todo.users SET password_hash = $3 WHERE id = $1 AND password_hash = $2";
    let params = vec![params::uuid(id), params::text(old), params::text(new)];
    scope.execute(sql, params).await?;
    Ok(())
}

/// The name of a time zone as PostgreSQL writes it, or `None` when it has no such
/// zone. Capitals don't matter. Names that belong to the machine rather than to
/// the IANA database are not known.
///
/// # Errors
///
/// What the database says.
pub async fn time_zone(scope: &Scope<'_>, name: &str) -> Result<Option<String>, Error> {
    let sql = "SELECT name FROM pg_timezone_names WHERE lower(name) = lower($1) \
               AND name NOT IN ('localtime', 'posixrules', 'Factory') AND name !~ '^(posix|right)/'";
    let row = scope.row(sql, vec![params::text(name)]).await?;
    row.map(|mut row| row.take()).transpose()
}

/// Changes what `patch` names, and returns the person as they are then; `None` when
/// there is no such person. The patch's time zone has to be one of [`time_zone`].
///
/// # Errors
///
/// What the database says.
pub async fn update(
    scope: &Scope<'_>,
    id: Uuid,
    patch: &ProfilePatch,
    now: DateTime<Utc>,
) -> Result<Option<User>, Error> {
    let sql = concat!(
        "UPDATE todo.users u SET name = coalesce($2, name), locale = coalesce($3, locale), \
             time_zone = coalesce($4, time_zone), digest = coalesce($5, digest), \
             quiet_from = CASE WHEN $6 THEN $7 ELSE quiet_from END, \
             quiet_until = CASE WHEN $6 THEN $8 ELSE quiet_until END, \
             updated_at = $9::timestamp AT TIME ZONE 'UTC' \
         WHERE u.id = $1 RETURNING ",
        columns!()
    );
    let quiet = patch.quiet_hours.flatten();
    let params = vec![
        params::uuid(id),
        maybe_text(patch.name.as_deref()),
        maybe_text(patch.locale.as_deref()),
        maybe_text(patch.time_zone.as_deref()),
        maybe_text(patch.digest.map(domain::account::Digest::as_str)),
        ParameterValue::Boolean(patch.quiet_hours.is_some()),
        params::maybe(quiet, |hours| hours.from.into()),
        params::maybe(quiet, |hours| hours.until.into()),
        params::instant(now),
    ];
    let row = scope.row(sql, params).await?;
    row.map(|mut row| user(&mut row)).transpose()
}

fn maybe_text(value: Option<&str>) -> ParameterValue {
    params::maybe(value, params::text)
}
