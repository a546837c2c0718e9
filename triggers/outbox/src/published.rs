//! The way out to Kafka.

use std::future::Future;

use spindrift_cloudevents::{Event, Outgoing};
use spindrift_failpoints::{RELAY_PUBLISHED, reach};
use spindrift_traces::{Kind, Parent, Span};
use tokio_util::sync::CancellationToken;

use crate::error::RelayError;
use crate::metrics::Metrics;
use crate::outlet::Outlet;
use crate::row::{Row, columns};
use crate::session::Session;

/// Why a record was not published.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It never will be: too large, or to a topic that cannot be.
    #[error("refused: {0}")]
    Refused(String),
    /// Not now: it is published again, with all behind it.
    #[error("{0}")]
    Unavailable(String),
}

/// Publishes records.
pub trait Publisher: Send + Sync + 'static {
    /// Publishes records in their order, and answers for each whether it is safe:
    /// written by as many brokers as it has to be. It keeps the order of a key also
    /// where it tries again by itself.
    fn publish(
        &self,
        records: Vec<Outgoing>,
    ) -> impl Future<Output = Vec<Result<(), PublishError>>> + Send;
}

/// Publishes what is in the outbox.
pub struct Published<P>(pub P);

/// What is due, in the order it was made in.
const READY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM spindrift.outbox o WHERE o.published_at IS NULL AND o.available_at <= now() \
     ORDER BY o.id LIMIT $1"
);

impl<P: Publisher> Outlet for Published<P> {
    async fn take(
        &mut self,
        session: &mut Session,
        limit: usize,
        metrics: &Metrics,
    ) -> Result<usize, RelayError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = session.rows(READY, &[&limit]).await?;
        let rows: Vec<Row> = rows.iter().map(Row::read).collect();
        if rows.is_empty() {
            return Ok(0);
        }
        let mut batch = Batch::default();
        let mut records = Vec::with_capacity(rows.len());
        let mut sent = Vec::with_capacity(rows.len());
        for row in &rows {
            match row.event() {
                Ok(event) => {
                    sent.push((row, sending(row, &event)));
                    records.push(Outgoing {
                        topic: row.topic.clone(),
                        key: row.key.clone(),
                        event,
                        timestamp: row.due_at,
                    });
                }
                Err(reason) => batch.refused.push((row.id, reason)),
            }
        }
        for ((row, span), result) in sent.into_iter().zip(self.0.publish(records).await) {
            batch.note(row.id, result, span);
        }
        reach(RELAY_PUBLISHED);
        batch.mark(session, metrics).await?;
        match batch.unavailable {
            Some(reason) => Err(RelayError::Publish(reason)),
            None => Ok(rows.len()),
        }
    }

    /// Nothing.
    fn work(
        &self,
        stop: CancellationToken,
        _: Metrics,
    ) -> impl Future<Output = Result<(), RelayError>> + Send + 'static {
        until(stop)
    }
}

/// The span of an event on its way to the brokers, since it was due. By the semantic
/// conventions of messages.
fn sending(row: &Row, event: &Event) -> Span {
    let made_in = event.get("traceparent");
    let made_in = made_in.and_then(|parent| Parent::of_event(parent, event.get("tracestate")));
    let name = || format!("send {}", row.topic);
    let mut span = Span::since(row.due_at.into(), made_in.as_ref(), Kind::Producer, name);
    if span.is_recorded() {
        span.set("messaging.system", "kafka");
        span.set("messaging.operation.type", "send");
        span.set("messaging.destination.name", row.topic.clone());
        span.set("messaging.message.id", event.id().to_owned());
    }
    span
}

async fn until(stop: CancellationToken) -> Result<(), RelayError> {
    stop.cancelled().await;
    Ok(())
}

/// What became of a batch.
#[derive(Default)]
struct Batch {
    published: Vec<i64>,
    refused: Vec<(i64, String)>,
    unavailable: Option<String>,
}

impl Batch {
    fn note(&mut self, id: i64, result: Result<(), PublishError>, mut span: Span) {
        match result {
            Ok(()) => self.published.push(id),
            Err(PublishError::Refused(reason)) => {
                span.fail("refused");
                self.refused.push((id, reason));
            }
            Err(PublishError::Unavailable(reason)) => {
                span.fail("unavailable");
                self.unavailable.get_or_insert(reason);
            }
        }
    }

    /// Marks what is done with, and keeps what never will be as a dead letter.
    async fn mark(&self, session: &mut Session, metrics: &Metrics) -> Result<(), RelayError> {
        session
            .execute(
                "UPDATE spindrift.outbox SET published_at = now() WHERE id = ANY($1)",
                &[&self.published],
            )
            .await?;
        metrics.published.inc_by(self.published.len() as u64);
        for (id, reason) in &self.refused {
            refuse(session, *id, reason).await?;
            metrics.refused.inc();
        }
        Ok(())
    }
}

/// The dead letter of a row that cannot be published, and the row marked: both at once.
pub(crate) async fn refuse(session: &mut Session, id: i64, reason: &str) -> Result<(), RelayError> {
    tracing::error!(outbox_id = id, reason, "event cannot be published");
    session
        .execute(
            "WITH refused AS (UPDATE spindrift.outbox SET published_at = now() \
             WHERE id = $1 AND published_at IS NULL RETURNING topic, key, headers, data) \
             INSERT INTO spindrift.dead_letters (consumer, topic, key, headers, data, reason, code, attempts) \
             SELECT 'relay', topic, key, headers, data, $2, 0, 1 FROM refused",
            &[&id, &reason],
        )
        .await?;
    Ok(())
}
