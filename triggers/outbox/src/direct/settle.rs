//! Deliveries that are over.

use spindrift_cloudevents::Answer;
use spindrift_failpoints::{RELAY_SETTLED, RELAY_SETTLING, reach};
use tokio::sync::mpsc::Receiver;

use crate::error::RelayError;
use crate::session::Session;

/// Settled at once.
const BATCH: usize = 500;

/// How a delivery ended.
#[derive(Debug)]
pub(super) enum Settled {
    /// The function has handled the event.
    Done(i64),
    /// It never will.
    Dead(DeadLetter),
}

/// An event that is given up.
#[derive(Debug)]
pub(super) struct DeadLetter {
    pub(super) position: i64,
    pub(super) reason: String,
    pub(super) code: u16,
    pub(super) attempts: u32,
}

impl DeadLetter {
    pub(super) fn new(position: i64, attempts: u32, answer: &Answer) -> Self {
        Self {
            position,
            reason: answer.reason(),
            code: answer.code(),
            attempts,
        }
    }
}

/// Removes deliveries as they end, many at a time, until nobody sends any more.
pub(super) async fn run(
    mut session: Session,
    mut ends: Receiver<Settled>,
) -> Result<(), RelayError> {
    let mut batch = Vec::with_capacity(BATCH);
    while ends.recv_many(&mut batch, BATCH).await > 0 {
        reach(RELAY_SETTLING);
        let mut done = Vec::with_capacity(batch.len());
        for end in batch.drain(..) {
            match end {
                Settled::Done(position) => done.push(position),
                Settled::Dead(letter) => bury(&mut session, &letter).await?,
            }
        }
        session
            .execute(
                "DELETE FROM spindrift.deliveries WHERE position = ANY($1)",
                &[&done],
            )
            .await?;
        reach(RELAY_SETTLED);
    }
    Ok(())
}

/// Makes a dead letter of a delivery: both at once.
async fn bury(session: &mut Session, letter: &DeadLetter) -> Result<(), RelayError> {
    let (code, attempts) = (i32::from(letter.code), i64::from(letter.attempts));
    session
        .execute(
            "WITH dead AS (DELETE FROM spindrift.deliveries WHERE position = $1 \
             RETURNING consumer, outbox_id) \
             INSERT INTO spindrift.dead_letters \
             (consumer, topic, key, headers, data, reason, code, attempts) \
             SELECT consumer, topic, key, headers, data, $2::text, $3::int, $4::bigint \
             FROM dead JOIN spindrift.outbox ON id = outbox_id",
            &[&letter.position, &letter.reason, &code, &attempts],
        )
        .await?;
    Ok(())
}
