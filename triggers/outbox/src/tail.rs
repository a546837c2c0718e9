//! Watching the outbox, without changing anything.

use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use crate::error::RelayError;

/// A transaction may commit so long after it drew the ids of its rows; rows of one
/// that takes longer are not seen.
const LATE: Duration = Duration::from_secs(10);

/// Which events are wanted: those that fit all that is given.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// On this topic.
    pub topic: Option<String>,
    /// Of this CloudEvents `type`.
    pub ty: Option<String>,
}

/// An event, as it stands in the outbox.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its topic.
    pub topic: String,
    /// Its key.
    pub key: String,
    /// Its CloudEvents attributes, a JSON object.
    pub headers: String,
    /// Its data, JSON.
    pub data: String,
    /// When its change was made.
    pub created_at: DateTime<Utc>,
}

impl Written {
    fn read(row: &Row) -> Self {
        Self {
            topic: row.get(2),
            key: row.get(3),
            headers: row.get(4),
            data: row.get(5),
            created_at: row.get(6),
        }
    }
}

/// Finds events as their changes commit.
pub struct Tail {
    wanted: Wanted,
    /// Everything up to here was seen, or is never to be.
    floor: i64,
    /// What was seen beyond it.
    seen: BTreeSet<i64>,
    /// The highest id at some times, oldest first.
    heights: VecDeque<(Instant, i64)>,
}

impl Tail {
    /// Begins with the `last` of those that are there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn start(client: &Client, wanted: Wanted, last: i64) -> Result<Self, RelayError> {
        let row = client
            .query_typed(
                "SELECT coalesce((SELECT id FROM spindrift.outbox \
                 WHERE ($1::text IS NULL OR topic = $1) AND ($2::text IS NULL OR headers->>'type' = $2) \
                 ORDER BY id DESC OFFSET $3 LIMIT 1), 0)",
                &[
                    (&wanted.topic, Type::TEXT),
                    (&wanted.ty, Type::TEXT),
                    (&last, Type::INT8),
                ],
            )
            .await?;
        let floor = row.first().map_or(0, |row| row.get(0));
        Ok(Self {
            wanted,
            floor,
            seen: BTreeSet::new(),
            heights: VecDeque::new(),
        })
    }

    /// What was committed since the last time, in the order of its ids.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub async fn next(&mut self, client: &Client) -> Result<Vec<Written>, RelayError> {
        let seen: Vec<i64> = self.seen.iter().copied().collect();
        let rows = client
            .query_typed(
                "SELECT id, ($3::text IS NULL OR topic = $3) \
                 AND ($4::text IS NULL OR headers->>'type' = $4), \
                 topic, key, headers::text, data::text, created_at \
                 FROM spindrift.outbox WHERE id > $1 AND id <> ALL($2) ORDER BY id",
                &[
                    (&self.floor, Type::INT8),
                    (&seen, Type::INT8_ARRAY),
                    (&self.wanted.topic, Type::TEXT),
                    (&self.wanted.ty, Type::TEXT),
                ],
            )
            .await?;
        self.seen
            .extend(rows.iter().map(|row| row.get::<_, i64>(0)));
        self.rise();
        let wanted = rows.iter().filter(|row| row.get(1));
        Ok(wanted.map(Written::read).collect())
    }

    /// Forgets what nobody can commit before any more.
    fn rise(&mut self) {
        let now = Instant::now();
        if let Some(highest) = self.seen.last() {
            self.heights.push_back((now, *highest));
        }
        while let Some((at, height)) = self.heights.front().copied()
            && now.duration_since(at) > LATE
        {
            self.floor = height;
            self.heights.pop_front();
        }
        self.seen = self.seen.split_off(&(self.floor + 1));
    }
}
