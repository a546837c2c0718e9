//! Reading records and giving them to functions.
//!
//! One task polls librdkafka, never waits for anything else, and puts what comes into
//! the lane of its partition. Each lane has a worker that takes its records one after
//! the other. A lane that is full is paused in librdkafka until it has room; the
//! others are not touched.
//!
//! An offset is *stored* when its record is done and committed soon after, or when
//! the partition is revoked or the consumer closed, whichever comes first. Whoever is
//! killed leaves at most half a second of records to be delivered again.

mod group;
mod lane;
mod lanes;
mod member;
mod turns;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use spindrift_cloudevents::{Delivery, Sink};
use spindrift_manifest::KafkaConnection;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::group::Group;
use self::lane::Lane;
use self::lanes::Lanes;
use self::member::Member;
use self::turns::Turns;
use self::worker::Worker;
use crate::message::Incoming;
use crate::subscription::offset_reset;
use crate::{Error, Metrics, Producer, Subscription, connection};

/// How long the last commit may take, should it come into a rebalance.
const COMMIT: Duration = Duration::from_secs(5);

/// How long leaving the group may take.
const LEAVE: Duration = Duration::from_secs(5);

/// A member of a subscription's consumer group.
pub struct Consumer<S> {
    subscription: Subscription,
    name: Arc<str>,
    member: Arc<Member>,
    sink: Arc<S>,
    producer: Producer,
    metrics: Metrics,
    turns: Arc<Semaphore>,
    workers: TaskTracker,
    abandon: CancellationToken,
}

impl<S: Sink> Consumer<S> {
    /// Joins the group, in a Tokio runtime. Functions are called by `sink`; dead
    /// letters are written by `producer`. Nothing is delivered before [`Self::run`].
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] or [`Error::Client`] when the settings cannot be used.
    /// Brokers that are away are no error: they are waited for.
    pub fn new(
        connection: &KafkaConnection,
        subscription: Subscription,
        sink: Arc<S>,
        producer: Producer,
        metrics: &Metrics,
    ) -> Result<Self, Error> {
        let mut config = connection::config(connection);
        config
            .set("group.id", &subscription.group)
            .set("auto.offset.reset", offset_reset(subscription.initial_offset))
            .set("partition.assignment.strategy", "cooperative-sticky")
            // We store offsets when records are done; librdkafka commits what is stored.
            .set("enable.auto.offset.store", "false")
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "500")
            // Somebody who was killed is missed as soon as brokers allow by default.
            .set("session.timeout.ms", "6000")
            // Members hear of a rebalance by their heartbeats.
            .set("heartbeat.interval.ms", "1000")
            // What librdkafka holds before it is in a lane.
            .set("queued.max.messages.kbytes", "8192")
            .set("fetch.message.max.bytes", "262144")
            .set("fetch.queue.backoff.ms", "20")
            .set("statistics.interval.ms", "5000");
        let name = Arc::<str>::from(subscription.group.as_str());
        let group = Group {
            name: name.clone(),
            lanes: Lanes::default(),
            metrics: metrics.clone(),
        };
        let consumer: StreamConsumer<Group> =
            config.create_with_context(group).map_err(Error::Client)?;
        let topics = subscription.topics.iter().map(|topic| topic.name.as_str());
        consumer.subscribe(&topics.collect::<Vec<_>>())?;
        for topic in &subscription.topics {
            // Its counts begin at nothing: whoever watches an increase has to see that.
            drop(metrics.topic(&subscription.component, &topic.name));
        }
        // Each partition has one record with the function at most.
        let turns = subscription.concurrency.unwrap_or(Semaphore::MAX_PERMITS);
        Ok(Self {
            turns: Arc::new(Semaphore::new(turns)),
            subscription,
            name,
            member: Arc::new(Member::new(consumer)),
            sink,
            producer,
            metrics: metrics.clone(),
            workers: TaskTracker::new(),
            abandon: CancellationToken::new(),
        })
    }

    /// Delivers until `stop`. Then no record is begun any more, what is with a
    /// function may take up to `drain` to finish, offsets are committed and the group
    /// is left.
    ///
    /// # Errors
    ///
    /// [`Error::Consumer`] when librdkafka cannot go on, which a new consumer might.
    pub async fn run(self, stop: CancellationToken, drain: Duration) -> Result<(), Error> {
        let member = self.member.clone();
        let mut messages = member.stream();
        let room = self.lanes().room.clone();
        let result = loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break Ok(()),
                () = room.notified() => self.resume(),
                Some(message) = messages.next() => {
                    let incoming = message.map(|message| Incoming::new(&message));
                    if let Err(error) = self.take(incoming) {
                        break Err(error);
                    }
                    // Workers on this thread get their share.
                    tokio::task::consume_budget().await;
                }
            }
        };
        // Polled on, so that the group does not take us for dead and a rebalance comes
        // to its end. What comes now is not begun, and so is delivered by the next one.
        tokio::select! {
            () = self.finish(drain) => {}
            () = messages.for_each(|_| std::future::ready(())) => {}
        }
        drop(member);
        self.leave().await;
        result
    }

    /// Lets the work under way come to its end, and commits.
    async fn finish(&self, drain: Duration) {
        for lane in self.lanes().all_lanes() {
            lane.stop.cancel();
        }
        self.workers.close();
        if tokio::time::timeout(drain, self.workers.wait())
            .await
            .is_err()
        {
            tracing::warn!(group = %self.name, "functions did not finish in time; their events come again");
        }
        if tokio::time::timeout(COMMIT, self.member.commit())
            .await
            .is_err()
        {
            tracing::warn!(group = %self.name, "offsets could not be committed in time");
        }
    }

    /// Puts a record into its lane.
    fn take(&self, incoming: KafkaResult<Incoming>) -> Result<(), Error> {
        let incoming = match incoming {
            Ok(incoming) => incoming,
            Err(error @ KafkaError::MessageConsumptionFatal(_)) => {
                return Err(Error::Consumer(error));
            }
            // The library goes on by itself, and the group's callback has told of it.
            Err(_) => return Ok(()),
        };
        let record = &incoming.record;
        let Some(lane) = self.lanes().get(&record.topic, record.partition) else {
            // Fetched before its partition was revoked.
            return Ok(());
        };
        if lane.begin() {
            self.work(&lane);
        }
        if lane.push(incoming) {
            self.pause(&lane);
        }
        Ok(())
    }

    fn work(&self, lane: &Arc<Lane>) {
        let topics = &self.subscription.topics;
        let Some(topic) = topics.iter().find(|topic| *topic.name == *lane.topic) else {
            return;
        };
        let component = &self.subscription.component;
        let metrics = self.metrics.topic(component, &topic.name);
        let worker = Worker {
            lane: lane.clone(),
            member: self.member.clone(),
            delivery: Delivery {
                sink: Turns {
                    sink: self.sink.clone(),
                    turns: self.turns.clone(),
                    stop: lane.stop.clone(),
                    metrics: metrics.clone(),
                },
                component: component.clone(),
                schedule: self.subscription.schedule.clone(),
            },
            group: self.name.clone(),
            dead_letter_topic: topic.dead_letter_topic.clone(),
            producer: self.producer.clone(),
            metrics,
        };
        let abandon = self.abandon.clone();
        self.workers.spawn(async move {
            abandon.run_until_cancelled(worker.run()).await;
        });
    }

    fn pause(&self, lane: &Lane) {
        let metrics = self
            .metrics
            .topic(&self.subscription.component, &lane.topic);
        metrics.pauses.inc();
        self.report(lane, self.member.pause(&only(lane)));
    }

    fn resume(&self) {
        for lane in self.lanes().all_lanes() {
            if lane.resumes() {
                self.report(&lane, self.member.resume(&only(&lane)));
            }
        }
    }

    fn report(&self, lane: &Lane, result: KafkaResult<()>) {
        if let Err(error) = result {
            let Lane {
                topic, partition, ..
            } = lane;
            tracing::warn!(group = %self.name, %topic, partition, %error, "pausing or resuming");
        }
    }

    /// Ends what is still under way and leaves the group.
    async fn leave(self) {
        self.abandon.cancel();
        self.workers.wait().await;
        let (name, left) = (self.name.clone(), self.member.left());
        drop(self);
        if tokio::time::timeout(LEAVE, left.cancelled()).await.is_err() {
            tracing::warn!(group = %name, "could not leave the consumer group in time");
        }
    }

    fn lanes(&self) -> &Lanes {
        &self.member.client().context().lanes
    }
}

/// A list of one partition.
fn only(lane: &Lane) -> TopicPartitionList {
    let mut partitions = TopicPartitionList::new();
    partitions.add_partition(&lane.topic, lane.partition);
    partitions
}
