//! A function that remembers what it was given.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use spindrift_cloudevents::{Answer, Event, Sink, http::from_parts};

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) event: Event,
    /// What it was answered.
    pub(crate) answer: Answer,
}

type Answers = dyn Fn(&Event, usize) -> Answer + Send + Sync;

/// Answers as it is told to, after a while.
pub(crate) struct Function {
    seen: Mutex<Vec<Seen>>,
    attempts: Mutex<HashMap<String, usize>>,
    answers: Box<Answers>,
    takes: Duration,
}

impl Function {
    /// Does everything at once.
    pub(crate) fn good() -> Arc<Self> {
        Self::new(Duration::ZERO, |_, _| Answer::Status(204))
    }

    /// Is told the event, and how often it was given it before.
    pub(crate) fn new(
        takes: Duration,
        answers: impl Fn(&Event, usize) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            attempts: Mutex::default(),
            answers: Box::new(answers),
            takes,
        })
    }

    /// Every call, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The ids of what it has done, in order.
    pub(crate) fn done(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let done = seen
            .iter()
            .filter(|seen| seen.answer == Answer::Status(204));
        done.map(|seen| seen.event.id().to_owned()).collect()
    }
}

impl Sink for Function {
    async fn call(&self, _: &str, request: Request<Bytes>) -> Answer {
        let (parts, body) = request.into_parts();
        let event = from_parts(&parts.headers, body).unwrap().unwrap();
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        let before = {
            let mut attempts = self.attempts.lock().unwrap();
            let count = attempts.entry(event.id().to_owned()).or_default();
            *count += 1;
            *count - 1
        };
        let answer = (self.answers)(&event, before);
        let mut seen = self.seen.lock().unwrap();
        seen.push(Seen {
            event,
            answer: answer.clone(),
        });
        answer
    }
}

/// Checks that ids (`<key>/<n>`) first appear in the order of their numbers, key by
/// key, from 0 and without gaps; answers how many of each key there are.
pub(crate) fn first_in_order(ids: &[String]) -> BTreeMap<String, usize> {
    let mut next = BTreeMap::<String, usize>::new();
    for id in ids {
        let (key, number) = id.rsplit_once('/').unwrap();
        let number: usize = number.parse().unwrap();
        let next = next.entry(key.to_owned()).or_default();
        assert!(number <= *next, "{id} came before {key}/{next}");
        *next = (*next).max(number + 1);
    }
    next
}

/// How many ids are there more than once.
pub(crate) fn doubles(ids: &[String]) -> usize {
    let distinct: std::collections::HashSet<&String> = ids.iter().collect();
    ids.len() - distinct.len()
}
