//! Events that were given up: reading them, and giving them once more.

use chrono::{DateTime, Utc};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row};

use crate::error::RelayError;

/// A dead letter.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// The consumer that did not take it, or `relay`.
    pub consumer: String,
    /// The topic that it was on.
    pub topic: String,
    /// Its key.
    pub key: String,
    /// The CloudEvents attributes, a JSON object.
    pub attributes: String,
    /// The data, JSON.
    pub data: String,
    /// Why it was given up.
    pub reason: String,
    /// The last HTTP status, or 0.
    pub code: i32,
    /// How often it was delivered.
    pub attempts: i32,
    /// When it was given up.
    pub died_at: DateTime<Utc>,
    /// When it was last replayed.
    pub replayed_at: Option<DateTime<Utc>>,
}

/// Which dead letters are meant: those that fit all that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of these numbers.
    pub ids: Vec<i64>,
    /// On this topic.
    pub topic: Option<String>,
    /// Of this CloudEvents `type`.
    pub ty: Option<String>,
    /// With this CloudEvents `id`.
    pub event_id: Option<String>,
    /// Given up since then.
    pub since: Option<DateTime<Utc>>,
    /// Given up before then.
    pub before: Option<DateTime<Utc>>,
    /// Those that were replayed already, too.
    pub replayed: bool,
}

const WHERE: &str = " WHERE (cardinality($1::bigint[]) = 0 OR id = ANY($1)) \
    AND ($2::text IS NULL OR topic = $2) AND ($3::text IS NULL OR headers->>'type' = $3) \
    AND ($4::text IS NULL OR headers->>'id' = $4) \
    AND ($5::timestamptz IS NULL OR died_at >= $5) \
    AND ($6::timestamptz IS NULL OR died_at < $6) AND ($7::bool OR replayed_at IS NULL)";

impl Filter {
    fn params(&self) -> [&(dyn ToSql + Sync); 7] {
        [
            &self.ids,
            &self.topic,
            &self.ty,
            &self.event_id,
            &self.since,
            &self.before,
            &self.replayed,
        ]
    }
}

/// The newest dead letters that fit, oldest of them first.
///
/// # Errors
///
/// What the database says.
pub async fn list(
    client: &Client,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<DeadLetter>, RelayError> {
    let statement = format!(
        "SELECT * FROM (SELECT id, consumer, topic, key, headers::text, data::text, reason, code, \
         attempts, died_at, replayed_at FROM spindrift.dead_letters{WHERE} \
         ORDER BY id DESC LIMIT $8) newest ORDER BY id"
    );
    let mut params = filter.params().to_vec();
    params.push(&limit);
    let rows = client.query(&statement, &params).await?;
    Ok(rows.iter().map(read).collect())
}

/// Puts the dead letters that fit back into the outbox, oldest first, with the ids
/// that their events have: who handled one already does nothing. Answers how many.
///
/// # Errors
///
/// What the database says; then none was replayed.
pub async fn replay(client: &Client, filter: &Filter) -> Result<u64, RelayError> {
    let statement = format!(
        "WITH chosen AS (UPDATE spindrift.dead_letters SET replayed_at = now(){WHERE} \
         RETURNING id, topic, key, headers, data) \
         INSERT INTO spindrift.outbox (topic, key, headers, data) \
         SELECT topic, key, headers, data FROM chosen ORDER BY id"
    );
    Ok(client.execute(&statement, &filter.params()).await?)
}

fn read(row: &Row) -> DeadLetter {
    DeadLetter {
        id: row.get(0),
        consumer: row.get(1),
        topic: row.get(2),
        key: row.get(3),
        attributes: row.get(4),
        data: row.get(5),
        reason: row.get(6),
        code: row.get(7),
        attempts: row.get(8),
        died_at: row.get(9),
        replayed_at: row.get(10),
    }
}
