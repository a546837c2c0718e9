//! From the database to the lanes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use spindrift_cloudevents::{Delivery, Sink};
use spindrift_database::Target;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::backlog::{self, Item};
use super::lane::{LANES, LOW, Lane, LaneId, ROOM};
use super::settle::{self, Settled};
use crate::error::RelayError;
use crate::metrics::Metrics;
use crate::session::Session;

/// Ends that wait to be settled before lanes wait for that.
const ENDS: usize = 2048;

/// Delivers what the consumers are to be given, until the stop.
pub(super) async fn run<S: Sink>(
    database: Target,
    consumers: Vec<(String, Delivery<S>)>,
    fanned_out: Arc<Notify>,
    stop: CancellationToken,
    metrics: Metrics,
) -> Result<(), RelayError> {
    for (consumer, _) in &consumers {
        metrics.expect(consumer);
    }
    let mut session = Session::open(&database).await?;
    let settling = Session::open(&database).await?;
    let (ends, ended) = channel(ENDS);
    let mut settle = tokio::spawn(settle::run(settling, ended));
    let end = stop.child_token();
    // Whatever ends this function ends its lanes.
    let _end_lanes = end.clone().drop_guard();
    let (mut lanes, mut asked) = Lanes::new(consumers, ends, end, metrics);
    loop {
        lanes.read_on(&mut session).await?;
        tokio::select! {
            () = fanned_out.notified() => {}
            Some(lane) = asked.recv() => lanes.catch_up(&mut session, lane).await?,
            settled = &mut settle => return settled?,
            () = stop.cancelled() => break,
        }
    }
    lanes.finish().await;
    settle.await?
}

/// The lanes that were needed so far.
struct Lanes<S> {
    consumers: Vec<(String, Arc<Delivery<S>>)>,
    numbers: HashMap<String, usize>,
    open: HashMap<LaneId, Open>,
    tasks: JoinSet<()>,
    /// Everything up to here was read.
    cursor: i64,
    ends: Sender<Settled>,
    asks: Sender<LaneId>,
    stop: CancellationToken,
    metrics: Metrics,
}

/// A lane, from outside.
struct Open {
    queue: Sender<Item>,
    behind: Arc<AtomicBool>,
    /// The first of its events that stayed in the database.
    from: Option<i64>,
}

impl<S: Sink> Lanes<S> {
    fn new(
        consumers: Vec<(String, Delivery<S>)>,
        ends: Sender<Settled>,
        stop: CancellationToken,
        metrics: Metrics,
    ) -> (Self, Receiver<LaneId>) {
        // A lane asks once, and again when it was answered: there is room for all.
        let (asks, asked) = channel(consumers.len() * LANES);
        let names = consumers.iter().map(|(name, _)| name.clone());
        let lanes = Self {
            numbers: names.zip(0..).collect(),
            consumers: consumers
                .into_iter()
                .map(|(name, delivery)| (name, Arc::new(delivery)))
                .collect(),
            open: HashMap::new(),
            tasks: JoinSet::new(),
            cursor: 0,
            ends,
            asks,
            stop,
            metrics,
        };
        (lanes, asked)
    }

    /// Reads what is new, and gives it to its lanes as far as they have room.
    async fn read_on(&mut self, session: &mut Session) -> Result<(), RelayError> {
        loop {
            let items = backlog::after(session, self.cursor).await?;
            let full = items.len() == backlog::BATCH;
            for item in items {
                self.cursor = item.position;
                self.offer(item);
            }
            if !full {
                return Ok(());
            }
        }
    }

    fn offer(&mut self, item: Item) {
        // Of a consumer that is no more; its rows stay until it is back.
        let Some(&consumer) = self.numbers.get(&item.consumer) else {
            return;
        };
        let (id, position) = ((consumer, item.lane), item.position);
        let asks = self.asks.clone();
        let open = self.lane(id);
        if open.from.is_none() && open.queue.try_send(item).is_err() {
            open.stay_behind(id, position, &asks);
        }
    }

    /// Gives a lane more of what stayed behind.
    async fn catch_up(&mut self, session: &mut Session, id: LaneId) -> Result<(), RelayError> {
        let (consumer, cursor) = (self.consumers[id.0].0.clone(), self.cursor);
        let asks = self.asks.clone();
        let open = self.lane(id);
        let Some(from) = open.from.take() else {
            return Ok(());
        };
        let room = open.queue.capacity();
        let name = (consumer.as_str(), id.1);
        let items = backlog::left_behind(session, name, (from, cursor), room).await?;
        let more = items.len() == room;
        let mut next = from;
        for item in items {
            next = item.position + 1;
            // There is room: nobody else gives this lane anything.
            _ = open.queue.try_send(item);
        }
        if more {
            open.stay_behind(id, next, &asks);
        }
        Ok(())
    }

    fn lane(&mut self, id: LaneId) -> &mut Open {
        match self.open.entry(id) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => {
                let (queue, items) = channel(ROOM);
                let behind = Arc::<AtomicBool>::default();
                let lane = Lane {
                    id,
                    delivery: self.consumers[id.0].1.clone(),
                    queue: items,
                    ends: self.ends.clone(),
                    behind: behind.clone(),
                    asks: self.asks.clone(),
                    metrics: self.metrics.clone(),
                    stop: self.stop.clone(),
                };
                self.tasks.spawn(lane.run());
                place.insert(Open {
                    queue,
                    behind,
                    from: None,
                })
            }
        }
    }

    /// Waits for the calls under way. With the last lane goes the last sender of ends.
    async fn finish(mut self) {
        self.open.clear();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Open {
    /// Notes that events from `position` on stay in the database until the lane asks.
    fn stay_behind(&mut self, id: LaneId, position: i64, asks: &Sender<LaneId>) {
        self.from = Some(position);
        self.behind.store(true, Ordering::Release);
        // A lane that ran empty in between will not look again by itself.
        if self.queue.capacity() >= ROOM - LOW && self.behind.swap(false, Ordering::AcqRel) {
            _ = asks.try_send(id);
        }
    }
}
