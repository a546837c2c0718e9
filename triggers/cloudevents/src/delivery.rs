//! Delivering one event until it is done or never will be.

use std::time::Duration;

use http::Uri;
use spindrift_failpoints::{DELIVERY_ANSWERED, reach};
use tokio_util::sync::CancellationToken;

use crate::retry::Schedule;
use crate::{Answer, Event, Sink, Verdict, http::to_request};

/// Where and how events are delivered.
#[derive(Clone, Debug)]
pub struct Delivery<S> {
    /// Who calls the function.
    pub sink: S,
    /// The function.
    pub component: String,
    /// When it is tried again.
    pub schedule: Schedule,
}

/// How a delivery ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The function has handled the event.
    Done,
    /// It never will: the event goes to the dead letters.
    Dead {
        /// How often it was given the event.
        attempts: u32,
        /// Its last answer.
        answer: Answer,
    },
    /// It was stopped in between. The event is delivered again by whoever goes on.
    Stopped,
}

impl<S: Sink> Delivery<S> {
    /// Delivers an event, again and again by the schedule. Tells `retrying` of each
    /// answer after which it pauses, and for how long. A stop ends pauses; a call
    /// under way is waited for.
    pub async fn deliver(
        &self,
        event: &Event,
        stop: &CancellationToken,
        mut retrying: impl FnMut(&Answer, Duration),
    ) -> End {
        let (mut attempts, mut waits) = (0, 0);
        loop {
            let request = to_request(event, Uri::from_static("/"));
            let answer = self.sink.call(&self.component, request).await;
            reach(DELIVERY_ANSWERED);
            let pause = match answer.verdict() {
                Verdict::Done => return End::Done,
                Verdict::Reject => {
                    return End::Dead {
                        attempts: attempts + 1,
                        answer,
                    };
                }
                Verdict::Retry => {
                    attempts += 1;
                    match self.schedule.pause(attempts) {
                        Some(pause) => pause,
                        None => return End::Dead { attempts, answer },
                    }
                }
                Verdict::Wait => {
                    waits += 1;
                    self.schedule.wait(waits)
                }
            };
            retrying(&answer, pause);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => return End::Stopped,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use bytes::Bytes;
    use http::Request;

    use super::*;

    /// Gives the answers that it was told to.
    struct Script(Mutex<VecDeque<Answer>>);

    impl Sink for Script {
        async fn call(&self, _: &str, _: Request<Bytes>) -> Answer {
            let next = self.0.lock().unwrap().pop_front();
            next.unwrap_or(Answer::Status(204))
        }
    }

    async fn deliver(retries: u32, answers: &[Answer]) -> (End, usize) {
        let delivery = Delivery {
            sink: Script(Mutex::new(answers.iter().cloned().collect())),
            component: "c".into(),
            schedule: Schedule {
                retries,
                first: Duration::from_millis(1),
                cap: Duration::from_millis(2),
            },
        };
        let event = Event::new(
            [
                ("specversion", "1.0"),
                ("id", "1"),
                ("source", "/s"),
                ("type", "t"),
            ]
            .map(|(n, v)| (n.to_owned(), v.to_owned())),
            "",
        )
        .unwrap();
        let mut pauses = 0;
        let stop = CancellationToken::new();
        let end = delivery.deliver(&event, &stop, |_, _| pauses += 1).await;
        (end, pauses)
    }

    #[tokio::test]
    async fn a_failure_is_tried_again_until_it_succeeds() {
        let answers = [Answer::Status(500), Answer::None("a trap".into())];
        assert_eq!(deliver(10, &answers).await, (End::Done, 2));
    }

    #[tokio::test]
    async fn attempts_end_with_the_last_answer() {
        let answers = vec![Answer::Status(500); 5];
        let dead = End::Dead {
            attempts: 3,
            answer: Answer::Status(500),
        };
        assert_eq!(deliver(2, &answers).await, (dead, 2));
    }

    #[tokio::test]
    async fn what_is_refused_is_dead_at_once() {
        let dead = End::Dead {
            attempts: 1,
            answer: Answer::Status(422),
        };
        assert_eq!(deliver(10, &[Answer::Status(422)]).await, (dead, 0));
    }

    #[tokio::test]
    async fn waiting_for_the_function_costs_no_attempt() {
        let answers = vec![Answer::Unavailable("refused".into()); 20];
        assert_eq!(deliver(2, &answers).await, (End::Done, 20));
    }
}
