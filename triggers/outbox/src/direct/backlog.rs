//! Deliveries that wait in the database.

use tokio_postgres::Row as Columns;

use crate::error::RelayError;
use crate::row::{Row, columns};
use crate::session::{Params, Session};

/// Rows read at once.
pub(super) const BATCH: usize = 500;

/// Behind those of the outbox's row.
macro_rules! delivery {
    () => {
        concat!(
            "SELECT ",
            columns!(),
            ", d.position, d.consumer, d.lane FROM spindrift.deliveries d \
             JOIN spindrift.outbox o ON o.id = d.outbox_id WHERE "
        )
    };
}

/// What follows a position, of all consumers.
const AFTER: &str = concat!(delivery!(), "d.position > $1 ORDER BY d.position LIMIT $2");

/// What a lane was not given when it was read.
const LEFT_BEHIND: &str = concat!(
    delivery!(),
    "d.consumer = $1 AND d.lane = $2 AND d.position BETWEEN $3 AND $4 \
     ORDER BY d.position LIMIT $5"
);

/// One event, for one consumer.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) position: i64,
    pub(super) consumer: String,
    pub(super) lane: i16,
    pub(super) row: Row,
}

impl Item {
    fn read(columns: &Columns) -> Self {
        Self {
            row: Row::read(columns),
            position: columns.get(6),
            consumer: columns.get(7),
            lane: columns.get(8),
        }
    }
}

/// At most [`BATCH`] items after a position.
pub(super) async fn after(session: &mut Session, position: i64) -> Result<Vec<Item>, RelayError> {
    let limit = BATCH as i64;
    let rows = session.rows(AFTER, &[&position, &limit]).await?;
    Ok(rows.iter().map(Item::read).collect())
}

/// At most `limit` items of a lane, from one position to another.
pub(super) async fn left_behind(
    session: &mut Session,
    (consumer, lane): (&str, i16),
    (from, to): (i64, i64),
    limit: usize,
) -> Result<Vec<Item>, RelayError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let params: Params<'_> = &[&consumer, &lane, &from, &to, &limit];
    let rows = session.rows(LEFT_BEHIND, params).await?;
    Ok(rows.iter().map(Item::read).collect())
}
