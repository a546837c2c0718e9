//! A lane: events of some keys of one consumer, one after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::Utc;
use spindrift_cloudevents::{Delivery, End, Sink};
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_util::sync::CancellationToken;

use super::backlog::Item;
use super::settle::{DeadLetter, Settled};
use crate::metrics::{ConsumerLabel, DEAD, DONE, Metrics, RETRIED};

/// Lanes of a consumer: as many as `fan_out` counts.
pub(super) const LANES: usize = 16;

/// Events that a lane holds.
pub(super) const ROOM: usize = 32;

/// With this many left it asks for those that it was not given.
pub(super) const LOW: usize = 8;

/// A lane's name: its consumer, by number, and its own number.
pub(super) type LaneId = (usize, i16);

/// What a lane works with.
pub(super) struct Lane<S> {
    pub(super) id: LaneId,
    pub(super) delivery: Arc<Delivery<S>>,
    pub(super) queue: Receiver<Item>,
    pub(super) ends: Sender<Settled>,
    /// Some of its events stayed in the database.
    pub(super) behind: Arc<AtomicBool>,
    /// Whom it asks for them.
    pub(super) asks: Sender<LaneId>,
    pub(super) metrics: Metrics,
    pub(super) stop: CancellationToken,
}

impl<S: Sink> Lane<S> {
    /// Delivers until the stop, or until nobody has more for it.
    pub(super) async fn run(mut self) {
        while let Some(item) = self.next().await {
            let Some(end) = self.deliver(item).await else {
                return;
            };
            if self.ends.send(end).await.is_err() {
                return;
            }
        }
    }

    async fn next(&mut self) -> Option<Item> {
        if self.queue.len() <= LOW && self.behind.swap(false, Ordering::AcqRel) {
            // Nobody to ask any more means that the stop is near.
            _ = self.asks.try_send(self.id);
        }
        tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            item = self.queue.recv() => item,
        }
    }

    /// How the event's delivery ended; nothing when it was stopped.
    async fn deliver(&self, item: Item) -> Option<Settled> {
        let Item {
            position,
            consumer,
            row,
            ..
        } = item;
        let event = match row.event() {
            Ok(event) => event,
            Err(reason) => {
                tracing::error!(consumer, outbox_id = row.id, reason, "event is malformed");
                return Some(self.dead(
                    &consumer,
                    DeadLetter {
                        position,
                        reason,
                        code: 0,
                        attempts: 0,
                    },
                ));
            }
        };
        let (id, ty) = (event.id(), event.ty());
        let end = self
            .delivery
            .deliver(&event, &self.stop, |answer, pause| {
                self.metrics.delivered(&consumer, RETRIED);
                let (reason, pause_ms) = (answer.reason(), pause.as_millis());
                tracing::warn!(
                    consumer,
                    id,
                    ty,
                    reason,
                    pause_ms,
                    "event is delivered again"
                );
            })
            .await;
        match end {
            End::Stopped => None,
            End::Done => {
                self.metrics.delivered(&consumer, DONE);
                let lag = (Utc::now() - row.due_at).as_seconds_f64();
                let label = ConsumerLabel { consumer };
                self.metrics.lag.get_or_create(&label).observe(lag);
                Some(Settled::Done(position))
            }
            End::Dead { attempts, answer } => {
                let reason = answer.reason();
                tracing::error!(consumer, id, ty, reason, attempts, "event is a dead letter");
                let letter = DeadLetter::new(position, attempts, &answer);
                Some(self.dead(&consumer, letter))
            }
        }
    }

    fn dead(&self, consumer: &str, letter: DeadLetter) -> Settled {
        self.metrics.delivered(consumer, DEAD);
        Settled::Dead(letter)
    }
}
