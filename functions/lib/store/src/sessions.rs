//! Sign-ins. A refresh token's first half names its session for good, the second
//! changes with every use; both are kept as SHA-256 alone.

use chrono::{DateTime, Utc};
use domain::account::User;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::users::{columns, user};
use crate::{Error, Row, Scope, params};

/// SHA-256 of one half of a refresh token.
pub type Hash = [u8; 32];

/// A sign-in that begins.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// UUID version 7.
    pub id: Uuid,
    /// Who signed in.
    pub user_id: Uuid,
    /// Of the half that stays.
    pub family: Hash,
    /// Of the half that changes.
    pub secret: Hash,
    /// When it begins.
    pub created_at: DateTime<Utc>,
    /// When it ends, unless it is used before.
    pub expires_at: DateTime<Utc>,
}

/// Begins a session, and forgets this person's that have ended by themselves.
///
/// # Errors
///
/// What the database says.
pub async fn insert(scope: &Scope<'_>, session: &NewSession) -> Result<(), Error> {
    let sql = "WITH ended AS (DELETE FROM todo.sessions WHERE user_id = $2 \
                   AND expires_at <= $5::timestamp AT TIME ZONE 'UTC') \
               INSERT INTO todo.sessions \
                   (id, user_id, family_hash, secret_hash, created_at, used_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5::timestamp AT TIME ZONE 'UTC', \
                   $5::timestamp AT TIME ZONE 'UTC', $6::timestamp AT TIME ZONE 'UTC')";
    let params = vec![
        params::uuid(session.id),
        params::uuid(session.user_id),
        hash(&session.family),
        hash(&session.secret),
        params::instant(session.created_at),
        params::instant(session.expires_at),
    ];
    scope.execute(sql, params).await?;
    Ok(())
}

/// Exchanges the secret of a live session for `fresh`, and lets it live until
/// `expires_at`. `None`: there is no live session of this family and secret. Of two
/// exchanges at once, one gets `None`.
///
/// # Errors
///
/// What the database says.
pub async fn rotate(
    scope: &Scope<'_>,
    family: &Hash,
    secret: &Hash,
    fresh: &Hash,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<Option<(Uuid, User)>, Error> {
    let sql = concat!(
        "UPDATE todo.sessions s SET secret_hash = $3, used_at = $4::timestamp AT TIME ZONE 'UTC', \
             expires_at = $5::timestamp AT TIME ZONE 'UTC' \
         FROM todo.users u \
         WHERE s.family_hash = $1 AND s.secret_hash = $2 AND s.revoked_at IS NULL \
             AND s.expires_at > $4::timestamp AT TIME ZONE 'UTC' AND u.id = s.user_id \
         RETURNING s.id, ",
        columns!()
    );
    let params = vec![
        hash(family),
        hash(secret),
        hash(fresh),
        params::instant(now),
        params::instant(expires_at),
    ];
    let row = scope.row(sql, params).await?;
    row.map(|mut row| Ok((row.take()?, user(&mut row)?)))
        .transpose()
}

/// Ends the session of a family. Returns the session and its person when it was
/// live.
///
/// # Errors
///
/// What the database says.
pub async fn revoke_family(
    scope: &Scope<'_>,
    family: &Hash,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Uuid)>, Error> {
    let sql = "UPDATE todo.sessions SET revoked_at = $2::timestamp AT TIME ZONE 'UTC' \
               WHERE family_hash = $1 AND revoked_at IS NULL RETURNING id, user_id";
    let row = scope
        .row(sql, vec![hash(family), params::instant(now)])
        .await?;
    row.map(ids).transpose()
}

/// Ends a session by its id. Returns the session and its person when it was live.
///
/// # Errors
///
/// What the database says.
pub async fn revoke(
    scope: &Scope<'_>,
    user: Uuid,
    session: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, Uuid)>, Error> {
    let sql = "UPDATE todo.sessions SET revoked_at = $3::timestamp AT TIME ZONE 'UTC' \
               WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING id, user_id";
    let params = vec![
        params::uuid(user),
        params::uuid(session),
        params::instant(now),
    ];
    scope.row(sql, params).await?.map(ids).transpose()
}

fn ids(mut row: Row) -> Result<(Uuid, Uuid), Error> {
    Ok((row.take()?, row.take()?))
}

fn hash(hash: &Hash) -> ParameterValue {
    ParameterValue::Binary(hash.to_vec())
}
