//! The first answers to requests that came with an `Idempotency-Key`.
//!
//! The answer commits in the transaction of the write that it tells of: either
//! both are there or neither, wherever a process dies.

use std::collections::BTreeMap;

use futures::future::join;
use spin_sdk::pg::ParameterValue;
use uuid::Uuid;

use crate::params::{text, uuid};
use crate::{Error, Row, Scope};

/// Names one request: whose, where to, and its key.
#[derive(Clone, Debug)]
pub struct Name<'a> {
    /// Whose request it is.
    pub user: Uuid,
    /// Method and path.
    pub route: &'a str,
    /// What the caller made up.
    pub key: &'a str,
}

/// An answer that was given.
#[derive(Clone, Debug)]
pub struct Saved {
    /// SHA-256 of the request's body.
    pub fingerprint: Vec<u8>,
    /// The status.
    pub status: u16,
    /// The headers that belong to the answer itself.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// What is known of a request.
#[derive(Clone, Debug)]
pub enum Claim {
    /// It is new, and ours until the transaction ends.
    Ours,
    /// Another transaction is working on it.
    InFlight,
    /// It was answered.
    Answered(Saved),
}

/// Claims a request for the scope's transaction.
///
/// The lock is one of the transaction, so that it goes with its holder. The look
/// at the table is a statement of its own behind it: its snapshot is younger than
/// the commit of whoever held the lock before.
///
/// # Errors
///
/// What the database says.
pub async fn claim(scope: &Scope<'_>, name: &Name<'_>) -> Result<Claim, Error> {
    let lock = scope.row(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
        vec![text(format!(
            "idempotency {} {} {}",
            name.user, name.route, name.key
        ))],
    );
    let look = scope.row(
        "SELECT fingerprint, status, headers, body FROM todo.idempotency_keys \
         WHERE user_id = $1 AND route = $2 AND key = $3 AND expires_at > now()",
        vec![uuid(name.user), text(name.route), text(name.key)],
    );
    let (lock, look) = join(lock, look).await;
    let locked = match lock? {
        Some(mut row) => row.take::<bool>()?,
        None => false,
    };
    match look? {
        Some(row) => Ok(Claim::Answered(Saved::read(row)?)),
        None if locked => Ok(Claim::Ours),
        None => Ok(Claim::InFlight),
    }
}

/// Keeps an answer for 24 hours: the last statement of its transaction.
///
/// # Errors
///
/// What the database says.
pub async fn save(scope: &Scope<'_>, name: &Name<'_>, answer: Saved) -> Result<(), Error> {
    let headers =
        serde_json::to_vec(&answer.headers).map_err(|error| Error::Internal(error.to_string()))?;
    let status = i16::try_from(answer.status)
        .map_err(|_| Error::Internal("an HTTP status has three digits".into()))?;
    let params = vec![
        uuid(name.user),
        text(name.route),
        text(name.key),
        ParameterValue::Binary(answer.fingerprint),
        ParameterValue::Int16(status),
        ParameterValue::Jsonb(headers),
        ParameterValue::Binary(answer.body),
    ];
    // A row in the way has expired, or claim() would have found it.
    let sql = "INSERT INTO todo.idempotency_keys \
               (user_id, route, key, fingerprint, status, headers, body, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, now() + interval '24 hours') \
               ON CONFLICT (user_id, route, key) DO UPDATE SET \
               fingerprint = excluded.fingerprint, status = excluded.status, \
               headers = excluded.headers, body = excluded.body, \
               expires_at = excluded.expires_at";
    scope.execute_last(sql, params).await?;
    Ok(())
}

impl Saved {
    fn read(mut row: Row) -> Result<Self, Error> {
        let fingerprint = row.take()?;
        let status: i16 = row.take()?;
        let headers: Vec<u8> = row.take()?;
        let broken = |what: &str| Error::Internal(format!("a saved answer has a broken {what}"));
        Ok(Self {
            fingerprint,
            status: u16::try_from(status).map_err(|_| broken("status"))?,
            headers: serde_json::from_slice(&headers).map_err(|_| broken("header"))?,
            body: row.take()?,
        })
    }
}
