//! Connections that wait for their next request.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::connect::{Connection, Place};

/// How many a component keeps to one server.
const EACH: usize = 8;

/// How many the process keeps.
const ALL: usize = 256;

/// How long one is kept. Most servers wait a minute and more before they close theirs.
const IDLE: Duration = Duration::from_secs(30);

/// The connections of all components that are not in use.
pub(super) struct Kept {
    /// Nothing is kept otherwise.
    is_on: bool,
    /// Turns of requests, where their number is bounded: so many connections may be open,
    /// those here and those of requests under way.
    turns: Option<Arc<Semaphore>>,
    owners: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Oldest first.
    connections: VecDeque<One>,
    /// Somebody looks after the old ones.
    swept: bool,
}

struct One {
    owner: u64,
    place: Place,
    connection: Connection,
    since: Instant,
}

impl One {
    fn is_of(&self, owner: u64, place: &Place) -> bool {
        self.owner == owner && self.place == *place
    }
}

/// One component's part of them. Nobody else uses these: they were opened by its grants,
/// with its certificates. They are closed when it is dropped.
pub(super) struct Own {
    all: Arc<Kept>,
    owner: u64,
}

impl Kept {
    pub(super) fn new(is_on: bool, turns: Option<Arc<Semaphore>>) -> Self {
        Self {
            is_on,
            turns,
            owners: AtomicU64::new(0),
            waiting: Mutex::default(),
        }
    }

    /// A part for one component.
    pub(super) fn part(self: &Arc<Self>) -> Own {
        Own {
            all: self.clone(),
            owner: self.owners.fetch_add(1, Ordering::Relaxed),
        }
    }

    fn take(&self, owner: u64, place: &Place) -> Option<One> {
        let mut waiting = self.lock();
        let mut connections = waiting.connections.iter();
        // The one that worked last: the others grow old.
        let index = connections.rposition(|one| one.is_of(owner, place))?;
        waiting.connections.remove(index)
    }

    fn put(self: &Arc<Self>, one: One) {
        let mut waiting = self.lock();
        let displaced = waiting.displaced_by(&one);
        waiting.connections.push_back(one);
        if !waiting.swept {
            waiting.swept = true;
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
        drop(waiting);
        drop(displaced);
    }

    /// Takes out those that are open beyond the number that may be, the oldest first.
    fn excess(&self) -> Vec<One> {
        let Some(turns) = &self.turns else {
            return Vec::new();
        };
        let mut waiting = self.lock();
        // A request under way has a connection, or is about to have one.
        let most = turns.available_permits();
        let count = waiting.connections.len().saturating_sub(most);
        let excess: Vec<_> = waiting.connections.drain(..count).collect();
        excess
    }

    /// Closes those that are too old. Answers when to look again, and nothing when none
    /// is left.
    fn expire(&self, now: Instant) -> Option<Instant> {
        let mut waiting = self.lock();
        let fresh = |one: &One| one.since + IDLE > now;
        let count = waiting.connections.iter().position(fresh);
        let count = count.unwrap_or(waiting.connections.len());
        let old: Vec<_> = waiting.connections.drain(..count).collect();
        let next = waiting.connections.front().map(|one| one.since + IDLE);
        waiting.swept = next.is_some();
        drop(waiting);
        drop(old);
        next
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Takes out the one that has to go so that another may come.
    fn displaced_by(&mut self, new: &One) -> Option<One> {
        let alike = |one: &One| one.is_of(new.owner, &new.place);
        if self.connections.iter().filter(|one| alike(one)).count() >= EACH {
            let oldest = self.connections.iter().position(alike)?;
            return self.connections.remove(oldest);
        }
        match self.connections.len() >= ALL {
            true => self.connections.pop_front(),
            false => None,
        }
    }
}

impl Own {
    /// A connection to a server that is ready for a request, if there is one.
    pub(super) fn take(&self, place: &Place) -> Option<Connection> {
        loop {
            let one = self.all.take(self.owner, place)?;
            // Servers close theirs at any time.
            if one.connection.is_ready() && one.since + IDLE > Instant::now() {
                return Some(one.connection);
            }
        }
    }

    /// Keeps a connection that is ready for its next request.
    pub(super) fn put(&self, place: Place, connection: Connection) {
        if self.all.is_on {
            self.all.put(One {
                owner: self.owner,
                place,
                connection,
                since: Instant::now(),
            });
        }
    }

    /// Closes as many connections, anybody's, as stand in the way of a new one, for a
    /// request that has its turn.
    pub(super) async fn make_room(&self) {
        for one in self.all.excess() {
            one.connection.close().await;
        }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut waiting = self.all.lock();
        let connections = mem::take(&mut waiting.connections).into_iter();
        let (own, others): (VecDeque<One>, VecDeque<One>) =
            connections.partition(|one| one.owner == self.owner);
        waiting.connections = others;
        drop(waiting);
        drop(own);
    }
}

async fn sweep(kept: Weak<Kept>) {
    let mut next = Instant::now() + IDLE;
    loop {
        tokio::time::sleep_until(next).await;
        match kept.upgrade().and_then(|kept| kept.expire(Instant::now())) {
            Some(later) => next = later,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;
    use tokio::io::{AsyncReadExt as _, DuplexStream};

    use super::*;

    fn kept(turns: Option<usize>) -> Arc<Kept> {
        let turns = turns.map(|most| Arc::new(Semaphore::new(most)));
        Arc::new(Kept::new(true, turns))
    }

    fn place(url: &'static str) -> Place {
        Place::of(&Uri::from_static(url)).unwrap()
    }

    /// A connection that is ready, and its server's end.
    async fn connection() -> (Connection, DuplexStream) {
        let (near, far) = tokio::io::duplex(1024);
        let mut connection = Connection::over(Box::new(near)).await.unwrap();
        connection.sender().ready().await.unwrap();
        (connection, far)
    }

    /// Returns once the connection of this end is closed.
    async fn closed(mut far: DuplexStream) {
        assert_eq!(far.read(&mut [0; 16]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_connection_is_used_again_for_its_component_and_its_server() {
        let kept = kept(None);
        let (one, two) = (kept.part(), kept.part());
        let here = place("http://here/");
        let (connection, _far) = connection().await;
        one.put(here.clone(), connection);
        assert!(two.take(&here).is_none());
        assert!(one.take(&place("http://there/")).is_none());
        assert!(one.take(&here).is_some());
        assert!(one.take(&here).is_none());
    }

    #[tokio::test]
    async fn the_oldest_to_a_server_makes_way() {
        let own = kept(None).part();
        let here = place("http://here/");
        let (first, first_far) = connection().await;
        own.put(here.clone(), first);
        let mut far = Vec::new();
        for _ in 0..EACH {
            let (connection, end) = connection().await;
            own.put(here.clone(), connection);
            far.push(end);
        }
        closed(first_far).await;
        assert_eq!(std::iter::from_fn(|| own.take(&here)).count(), EACH);
    }

    #[tokio::test]
    async fn no_more_are_kept_than_the_process_may_have() {
        let kept = kept(None);
        let here = place("http://here/");
        let (first, first_far) = connection().await;
        let own = kept.part();
        own.put(here.clone(), first);
        let mut others = Vec::new();
        for _ in 0..ALL {
            let other = kept.part();
            let (connection, far) = connection().await;
            other.put(here.clone(), connection);
            others.push((other, far));
        }
        closed(first_far).await;
        assert_eq!(kept.lock().connections.len(), ALL);
    }

    #[tokio::test]
    async fn one_that_its_server_closed_is_not_used_again() {
        let own = kept(None).part();
        let here = place("http://here/");
        let (connection, far) = connection().await;
        own.put(here.clone(), connection);
        drop(far);
        // Until it was noticed.
        while own
            .all
            .lock()
            .connections
            .iter()
            .any(|one| one.connection.is_ready())
        {
            tokio::task::yield_now().await;
        }
        assert!(own.take(&here).is_none());
    }

    #[tokio::test]
    async fn what_is_too_old_is_closed() {
        let kept = kept(None);
        let own = kept.part();
        let (connection, far) = connection().await;
        own.put(place("http://here/"), connection);
        let now = Instant::now();
        assert!(kept.expire(now).is_some());
        assert!(kept.expire(now + IDLE).is_none());
        closed(far).await;
    }

    #[tokio::test]
    async fn those_of_a_component_end_with_it() {
        let kept = kept(None);
        let (one, two) = (kept.part(), kept.part());
        let here = place("http://here/");
        let (own, far) = connection().await;
        let (other, _far) = connection().await;
        one.put(here.clone(), own);
        two.put(here.clone(), other);
        drop(one);
        closed(far).await;
        assert!(two.take(&here).is_some());
    }

    #[tokio::test]
    async fn one_that_is_kept_makes_way_for_a_new_one_beyond_the_number_of_all() {
        let kept = kept(Some(2));
        let (one, two) = (kept.part(), kept.part());
        let here = place("http://here/");
        let (first, first_far) = connection().await;
        let (second, _far) = connection().await;
        one.put(here.clone(), first);
        one.put(here.clone(), second);
        let turns = kept.turns.clone().unwrap();
        let _turn = turns.acquire().await.unwrap();
        two.make_room().await;
        closed(first_far).await;
        assert!(one.take(&here).is_some());
    }

    #[tokio::test]
    async fn nothing_is_kept_where_that_is_off() {
        let own = Arc::new(Kept::new(false, None)).part();
        let here = place("http://here/");
        let (connection, far) = connection().await;
        own.put(here.clone(), connection);
        closed(far).await;
        assert!(own.take(&here).is_none());
    }
}
