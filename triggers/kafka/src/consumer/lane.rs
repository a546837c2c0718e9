//! The records of one partition that wait for their turn.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::message::Incoming;

/// A partition that has this many waiting is not fetched from until half of them are
/// gone.
const RECORDS: usize = 256;

/// The same in bytes.
const BYTES: usize = 1 << 20;

/// A partition of ours, from its assignment to its revocation.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) topic: Arc<str>,
    pub(crate) partition: i32,
    /// No further record is begun.
    pub(crate) stop: CancellationToken,
    state: Mutex<State>,
    arrived: Notify,
    /// Told when a paused lane has room again.
    room: Arc<Notify>,
}

#[derive(Debug)]
struct State {
    waiting: VecDeque<Incoming>,
    bytes: usize,
    paused: bool,
    /// Whether offsets may be committed: from the revocation on they are another's.
    ours: bool,
    working: bool,
}

impl Lane {
    pub(crate) fn new(topic: Arc<str>, partition: i32, room: Arc<Notify>) -> Self {
        Self {
            topic,
            partition,
            stop: CancellationToken::new(),
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                bytes: 0,
                paused: false,
                ours: true,
                working: false,
            }),
            arrived: Notify::new(),
            room,
        }
    }

    /// Adds a record. Says whether the partition has to be paused now.
    pub(crate) fn push(&self, incoming: Incoming) -> bool {
        let mut state = self.state();
        state.bytes += incoming.bytes();
        state.waiting.push_back(incoming);
        let full = state.waiting.len() >= RECORDS || state.bytes >= BYTES;
        let pause = full && !state.paused;
        state.paused |= full;
        drop(state);
        self.arrived.notify_one();
        pause
    }

    /// Whether nobody works on this lane yet. Somebody does from now on.
    pub(crate) fn begin(&self) -> bool {
        !std::mem::replace(&mut self.state().working, true)
    }

    /// The next record, waited for; nothing once the lane is stopped.
    pub(crate) async fn next(&self) -> Option<Incoming> {
        loop {
            if self.stop.is_cancelled() {
                return None;
            }
            if let Some(incoming) = self.pop() {
                return Some(incoming);
            }
            tokio::select! {
                () = self.arrived.notified() => {}
                () = self.stop.cancelled() => {}
            }
        }
    }

    fn pop(&self) -> Option<Incoming> {
        let mut state = self.state();
        let incoming = state.waiting.pop_front()?;
        state.bytes -= incoming.bytes();
        if state.has_room() {
            self.room.notify_one();
        }
        Some(incoming)
    }

    /// Whether the partition is to be fetched from again. It is no longer paused then.
    pub(crate) fn resumes(&self) -> bool {
        let mut state = self.state();
        let resumes = state.has_room();
        state.paused &= !resumes;
        resumes
    }

    /// Runs `commit` if the partition is still ours. It stays so until `commit` has
    /// returned.
    pub(crate) fn done(&self, commit: impl FnOnce()) {
        let state = self.state();
        if state.ours {
            commit();
        }
    }

    /// The partition is another's from now on. Work under way is told to stop.
    pub(crate) fn revoke(&self) {
        let mut state = self.state();
        state.ours = false;
        state.waiting.clear();
        state.bytes = 0;
        drop(state);
        self.stop.cancel();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn has_room(&self) -> bool {
        self.paused && self.waiting.len() <= RECORDS / 2 && self.bytes <= BYTES / 2
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use spindrift_cloudevents::kafka::Record;

    use super::*;

    fn lane() -> Lane {
        Lane::new("t".into(), 0, Arc::default())
    }

    fn incoming(offset: i64, bytes: usize) -> Incoming {
        Incoming {
            record: Record {
                offset,
                value: Some(Bytes::from(vec![0; bytes])),
                ..Record::default()
            },
            flaw: None,
        }
    }

    #[tokio::test]
    async fn records_come_out_in_their_order_and_none_after_a_stop() {
        let lane = lane();
        for offset in 0..3 {
            lane.push(incoming(offset, 1));
        }
        assert_eq!(lane.next().await.unwrap().record.offset, 0);
        assert_eq!(lane.next().await.unwrap().record.offset, 1);
        lane.stop.cancel();
        assert!(lane.next().await.is_none());
    }

    #[tokio::test]
    async fn a_full_lane_pauses_once_and_resumes_when_half_is_gone() {
        let lane = lane();
        let pauses = (0..300).filter(|offset| lane.push(incoming(*offset, 1)));
        assert_eq!(pauses.count(), 1);
        let mut taken = 0;
        while !lane.resumes() {
            lane.next().await.unwrap();
            taken += 1;
        }
        assert_eq!(taken, 300 - 128);
        assert!(!lane.resumes());
    }

    #[tokio::test]
    async fn one_large_record_is_enough() {
        let lane = lane();
        assert!(lane.push(incoming(0, BYTES)));
        assert!(!lane.resumes());
        lane.next().await.unwrap();
        assert!(lane.resumes());
    }

    #[tokio::test]
    async fn after_a_revocation_no_offset_is_committed() {
        let lane = lane();
        let mut committed = 0;
        lane.done(|| committed += 1);
        lane.push(incoming(0, 1));
        lane.revoke();
        lane.done(|| committed += 1);
        assert_eq!(committed, 1);
        assert!(lane.next().await.is_none());
    }
}
