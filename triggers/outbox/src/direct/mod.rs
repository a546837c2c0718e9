//! The way out where no Kafka is: straight to the functions.
//!
//! It works as a consumer group of Kafka's does. A row that leaves the outbox becomes
//! a row of `spindrift.deliveries` for each subscription to its topic, in the same
//! transaction ([`fan_out`]). The rows of a subscription are split into lanes by their
//! keys ([`lane`]): one after another in a lane, lanes side by side, and a lane that
//! tries an event again holds up itself alone. A row goes when its event is done or a
//! dead letter ([`settle`]); a relay that takes over finds what is left.

mod backlog;
mod dispatch;
mod fan_out;
mod lane;
mod settle;

use std::sync::Arc;

use spindrift_cloudevents::retry::Schedule;
use spindrift_cloudevents::{Delivery, Sink};
use spindrift_database::Target;
use spindrift_failpoints::{RELAY_FANNED_OUT, reach};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::error::RelayError;
use crate::metrics::Metrics;
use crate::outlet::Outlet;
use crate::session::Session;

/// What a function wants to be given.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The consumer group: under this name its progress is kept.
    pub consumer: String,
    /// The function.
    pub component: String,
    /// The topics.
    pub topics: Vec<String>,
    /// When it is tried again.
    pub schedule: Schedule,
}

/// Delivers to functions.
pub struct Direct<S> {
    database: Target,
    subscriptions: Arc<[Subscription]>,
    sink: S,
    /// Told of new deliveries.
    fanned_out: Arc<Notify>,
}

impl<S: Sink + Clone> Direct<S> {
    /// Delivers what the subscriptions ask for, by `sink`. `database` is the relay's.
    pub fn new(database: Target, subscriptions: Vec<Subscription>, sink: S) -> Self {
        Self {
            database,
            subscriptions: subscriptions.into(),
            sink,
            fanned_out: Arc::default(),
        }
    }

    /// A subscription's function, ready to be called.
    fn delivery(&self, subscription: &Subscription) -> Delivery<S> {
        Delivery {
            sink: self.sink.clone(),
            component: subscription.component.clone(),
            schedule: subscription.schedule.clone(),
        }
    }
}

impl<S: Sink + Clone> Outlet for Direct<S> {
    async fn take(
        &mut self,
        session: &mut Session,
        limit: usize,
        metrics: &Metrics,
    ) -> Result<usize, RelayError> {
        let taken = fan_out::fan_out(session, &self.subscriptions, limit).await?;
        if taken > 0 {
            reach(RELAY_FANNED_OUT);
            metrics.published.inc_by(taken as u64);
            self.fanned_out.notify_one();
        }
        Ok(taken)
    }

    fn work(
        &self,
        stop: CancellationToken,
        metrics: Metrics,
    ) -> impl Future<Output = Result<(), RelayError>> + Send + 'static {
        let consumers = self
            .subscriptions
            .iter()
            .map(|subscription| (subscription.consumer.clone(), self.delivery(subscription)))
            .collect();
        dispatch::run(
            self.database.clone(),
            consumers,
            self.fanned_out.clone(),
            stop,
            metrics,
        )
    }
}
