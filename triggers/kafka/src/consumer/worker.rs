//! One partition's records, one after the other.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::consumer::Consumer as _;
use spindrift_cloudevents::kafka::{self, Record};
use spindrift_cloudevents::{Answer, Delivery, End, Event, Sink, Verdict};
use spindrift_failpoints::{KAFKA_BURIED, KAFKA_HANDLED, reach};

use super::lane::Lane;
use super::member::Member;
use super::turns::Turns;
use crate::dead_letter::{self, Cause};
use crate::message::Incoming;
use crate::metrics::TopicMetrics;
use crate::{Producer, PublishError, dead_letters};

/// Works on a lane until it is stopped.
pub(crate) struct Worker<S> {
    pub(crate) lane: Arc<Lane>,
    pub(crate) member: Arc<Member>,
    pub(crate) delivery: Delivery<Turns<S>>,
    pub(crate) group: Arc<str>,
    pub(crate) dead_letter_topic: String,
    pub(crate) producer: Producer,
    pub(crate) metrics: TopicMetrics,
}

impl<S: Sink> Worker<S> {
    pub(crate) async fn run(self) {
        while let Some(incoming) = self.lane.next().await {
            if self.handle(&incoming).await {
                reach(KAFKA_HANDLED);
                self.lane.done(|| self.store(incoming.record.offset));
            }
        }
    }

    /// Whether the record is done: handled, or safe among the dead letters.
    async fn handle(&self, incoming: &Incoming) -> bool {
        let record = &incoming.record;
        let event = match incoming.flaw {
            Some(flaw) => Err(flaw.to_owned()),
            None => kafka::event(record, &dead_letters::source_of(&self.group))
                .map_err(|error| error.to_string()),
        };
        let cause = match event {
            Ok(event) => match self.deliver(record, &event).await {
                End::Done => {
                    self.metrics.handled(record.timestamp);
                    return true;
                }
                End::Stopped => return false,
                End::Dead { attempts, answer } => Cause {
                    reason: answer.reason(),
                    code: answer.code(),
                    attempts,
                },
            },
            Err(reason) => Cause {
                reason,
                code: 0,
                attempts: 0,
            },
        };
        self.bury(record, &cause).await
    }

    async fn deliver(&self, record: &Record, event: &Event) -> End {
        let mut waiting = None;
        let retrying = |answer: &Answer, pause: Duration| {
            if self.lane.stop.is_cancelled() {
                return;
            }
            waiting.get_or_insert_with(|| Retrying::new(&self.metrics));
            if answer.verdict() == Verdict::Retry {
                self.metrics.retries.inc();
            }
            tracing::warn!(
                function = self.delivery.component,
                topic = record.topic,
                partition = record.partition,
                offset = record.offset,
                event = event.id(),
                reason = answer.reason(),
                pause_ms = pause.as_millis(),
                "event is to be delivered again"
            );
        };
        self.delivery
            .deliver(event, &self.lane.stop, retrying)
            .await
    }

    /// Writes a dead letter, however long that takes; whether it was written.
    async fn bury(&self, record: &Record, cause: &Cause) -> bool {
        tracing::warn!(
            function = self.delivery.component,
            topic = record.topic,
            partition = record.partition,
            offset = record.offset,
            reason = cause.reason,
            attempts = cause.attempts,
            "event goes to the dead letters"
        );
        let mut letter = dead_letter::message(record, &self.group, &self.dead_letter_topic, cause);
        for failed in 1.. {
            let error = match self
                .producer
                .send(std::slice::from_ref(&letter))
                .await
                .pop()
            {
                None | Some(Ok(())) => break,
                Some(Err(error)) => error,
            };
            if matches!(error, PublishError::TooLarge(_)) && letter.value.is_some() {
                letter = dead_letter::without_value(letter);
                continue;
            }
            tracing::error!(topic = self.dead_letter_topic, %error, "a dead letter is not written");
            tokio::select! {
                () = tokio::time::sleep(self.delivery.schedule.wait(failed)) => {}
                () = self.lane.stop.cancelled() => return false,
            }
        }
        reach(KAFKA_BURIED);
        self.metrics.dead_letters.inc();
        true
    }

    /// Notes that everything up to this record is done. The next commit has it.
    fn store(&self, offset: i64) {
        let Lane {
            topic, partition, ..
        } = &*self.lane;
        if let Err(error) = self.member.store_offset(topic, *partition, offset) {
            // The record is delivered again to whoever has the partition.
            tracing::debug!(%topic, partition, offset, %error, "offset not stored");
        }
    }
}

/// One more retrying partition, until dropped.
struct Retrying<'a>(&'a TopicMetrics);

impl<'a> Retrying<'a> {
    fn new(metrics: &'a TopicMetrics) -> Self {
        metrics.retrying.inc();
        Self(metrics)
    }
}

impl Drop for Retrying<'_> {
    fn drop(&mut self) {
        self.0.retrying.dec();
    }
}
