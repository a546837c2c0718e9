//! Listening to channels, and calling functions with what comes.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use redis::Value;
use redis::aio::{PubSub, PubSubSink};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::connection::PATIENCE;
use crate::metrics::{DELIVERED, DROPPED, FAILED};
use crate::{Deliver, Error, Message, Metrics, Outcome, Subscription};

/// Messages of a subscription that may wait for its function. Redis would let them pile
/// up here for ever.
const WAITING: usize = 1000;

/// How often a server that says nothing is asked whether it is there.
const GLANCE: Duration = Duration::from_secs(15);

/// The first pause before a connection is tried again. Each further one is twice as
/// long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Delivers what comes on channels until `stop` is cancelled; what is under way then has
/// `grace` to end. A subscription's messages are delivered one after another, in the
/// order in which they came; subscriptions do not wait for one another. While a server
/// is away it goes on trying.
pub async fn run<D: Deliver>(
    subscriptions: Vec<Subscription>,
    deliver: D,
    metrics: Metrics,
    grace: Duration,
    stop: CancellationToken,
) {
    let mut tasks = JoinSet::new();
    for subscription in subscriptions.into_iter().map(Arc::new) {
        metrics.begin(&subscription);
        let (queue, waiting) = mpsc::channel(WAITING);
        let listener = Listener {
            subscription: subscription.clone(),
            queue,
            metrics: metrics.clone(),
        };
        tasks.spawn(listener.run(stop.clone()));
        let worker = Worker {
            subscription,
            deliver: deliver.clone(),
            metrics: metrics.clone(),
        };
        tasks.spawn(worker.run(waiting, stop.clone()));
    }
    let ended = async { while tasks.join_next().await.is_some() {} };
    let late = async {
        stop.cancelled().await;
        sleep(grace).await;
    };
    tokio::select! {
        () = ended => {}
        () = late => tracing::warn!("messages of Redis were under way and were cut"),
    }
}

/// Takes what comes on a channel, as fast as it comes.
struct Listener {
    subscription: Arc<Subscription>,
    queue: mpsc::Sender<Bytes>,
    metrics: Metrics,
}

impl Listener {
    async fn run(self, stop: CancellationToken) {
        stop.run_until_cancelled(self.listen()).await;
        self.metrics.subscribed(&self.subscription, false);
    }

    async fn listen(&self) -> Infallible {
        let Subscription {
            component,
            channel,
            address,
        } = &*self.subscription;
        let mut failures = 0;
        loop {
            let error = match address.subscribe(channel).await {
                Ok(messages) => {
                    failures = 0;
                    self.metrics.subscribed(&self.subscription, true);
                    tracing::info!(function = component, channel, server = %address, "listening");
                    let error = self.take(messages).await;
                    self.metrics.subscribed(&self.subscription, false);
                    error
                }
                Err(error) => error,
            };
            let pause = pause(failures);
            failures += 1;
            tracing::warn!(
                function = component,
                channel,
                %error,
                "the channel is not listened to; trying again in {pause:.1?}"
            );
            sleep(pause).await;
        }
    }

    /// Takes messages until the connection fails.
    async fn take(&self, messages: PubSub) -> Error {
        let (sink, mut messages) = messages.split();
        let mut lost = pin!(self.watch(sink));
        let mut overrun = false;
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.queue(message.get_payload_bytes(), &mut overrun),
                    None => return self.ended(),
                },
                error = &mut lost => return error,
            }
        }
    }

    /// A connection that was cut without a word looks like one on which nothing comes.
    async fn watch(&self, mut sink: PubSubSink) -> Error {
        loop {
            sleep(GLANCE).await;
            match timeout(PATIENCE, sink.ping::<Value>()).await {
                Ok(Ok(_)) => {}
                Ok(Err(_)) => return self.ended(),
                Err(_) => return self.subscription.address.silent(),
            }
        }
    }

    fn ended(&self) -> Error {
        Error::Ended {
            server: self.subscription.address.to_string(),
        }
    }

    fn queue(&self, payload: &[u8], overrun: &mut bool) {
        let dropped = self
            .queue
            .try_send(Bytes::copy_from_slice(payload))
            .is_err();
        if dropped {
            self.metrics.count(&self.subscription, DROPPED, 1);
        }
        if dropped && !*overrun {
            let Subscription {
                component, channel, ..
            } = &*self.subscription;
            tracing::warn!(
                function = component,
                channel,
                "messages are dropped: {WAITING} wait for the function already"
            );
        }
        *overrun = dropped;
    }
}

/// The pause after `failures` in a row before this one, with a tenth of jitter.
fn pause(failures: u32) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(16));
    pause
        .min(LONGEST_PAUSE)
        .mul_f64(0.9 + fastrand::f64() / 5.0)
}

/// Calls a function with one message after another.
struct Worker<D> {
    subscription: Arc<Subscription>,
    deliver: D,
    metrics: Metrics,
}

impl<D: Deliver> Worker<D> {
    async fn run(self, mut waiting: mpsc::Receiver<Bytes>, stop: CancellationToken) {
        while let Some(Some(payload)) = stop.run_until_cancelled(waiting.recv()).await {
            self.deliver(payload).await;
        }
        waiting.close();
        let mut left = 0;
        while waiting.try_recv().is_ok() {
            left += 1;
        }
        if left > 0 {
            self.metrics.count(&self.subscription, DROPPED, left);
            let Subscription {
                component, channel, ..
            } = &*self.subscription;
            tracing::warn!(
                function = component,
                channel,
                messages = left,
                "messages that waited are dropped"
            );
        }
    }

    async fn deliver(&self, payload: Bytes) {
        let Subscription {
            component,
            channel,
            address,
        } = &*self.subscription;
        let message = Message {
            component: component.clone(),
            channel: channel.clone(),
            server: address.to_string(),
            payload,
        };
        let outcome = match self.deliver.deliver(message).await {
            Outcome::Delivered => DELIVERED,
            Outcome::Failed(reason) => {
                tracing::error!(function = component, channel, reason, "a message failed");
                FAILED
            }
        };
        self.metrics.count(&self.subscription, outcome, 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        for (failures, seconds) in [(0, 0.1), (1, 0.2), (5, 3.2), (9, 30.0), (u32::MAX, 30.0)] {
            let ratio = pause(failures).as_secs_f64() / seconds;
            assert!((0.89..=1.11).contains(&ratio), "{failures}: {ratio}");
        }
    }
}
