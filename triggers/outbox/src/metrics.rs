//! What the relay counts.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The label of what is counted for each consumer.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct ConsumerLabel {
    /// The consumer group.
    pub(crate) consumer: String,
}

/// How deliveries end.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct DeliveryLabel {
    /// The consumer group.
    pub(crate) consumer: String,
    /// `done`, `retried` or `dead`.
    pub(crate) outcome: &'static str,
}

pub(crate) const DONE: &str = "done";
pub(crate) const RETRIED: &str = "retried";
pub(crate) const DEAD: &str = "dead";

/// Upper bounds in seconds, from a change to its effect.
const BUCKETS: [f64; 12] = [
    0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0,
];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// The relay's series. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub(crate) leads: Gauge,
    pub(crate) waiting: Gauge,
    pub(crate) oldest: Gauge<f64, AtomicU64>,
    pub(crate) published: Counter,
    pub(crate) refused: Counter,
    pub(crate) deliveries: Family<DeliveryLabel, Counter>,
    pub(crate) lag: Family<ConsumerLabel, Histogram, fn() -> Histogram>,
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            leads: Gauge::default(),
            waiting: Gauge::default(),
            oldest: Gauge::default(),
            published: Counter::default(),
            refused: Counter::default(),
            deliveries: Family::default(),
            lag: Family::new_with_constructor(histogram),
        };
        registry.register(
            "spindrift_outbox_leader",
            "1 where this process's relay is the one that works",
            metrics.leads.clone(),
        );
        registry.register(
            "spindrift_outbox_waiting",
            "Events that are due and not published",
            metrics.waiting.clone(),
        );
        registry.register_with_unit(
            "spindrift_outbox_oldest_age",
            "How long the oldest of them has been due",
            Unit::Seconds,
            metrics.oldest.clone(),
        );
        registry.register(
            "spindrift_outbox_published",
            "Events that left the outbox",
            metrics.published.clone(),
        );
        registry.register(
            "spindrift_outbox_refused",
            "Events that never can be published",
            metrics.refused.clone(),
        );
        registry.register(
            "spindrift_direct_deliveries",
            "Deliveries to functions, by how they ended",
            metrics.deliveries.clone(),
        );
        registry.register_with_unit(
            "spindrift_direct_lag",
            "From the time that an event is due to the end of its delivery",
            Unit::Seconds,
            metrics.lag.clone(),
        );
        metrics
    }

    /// Another relay works from now on, and what waits is that one's to tell.
    pub(crate) fn steps_down(&self) {
        self.leads.set(0);
        self.waiting.set(0);
        self.oldest.set(0.0);
    }

    /// Has the counts of a consumer begin at nothing: whoever watches an increase has to
    /// see where it began.
    pub(crate) fn expect(&self, consumer: &str) {
        for outcome in [DONE, RETRIED, DEAD] {
            let consumer = consumer.to_owned();
            drop(
                self.deliveries
                    .get_or_create(&DeliveryLabel { consumer, outcome }),
            );
        }
    }

    pub(crate) fn delivered(&self, consumer: &str, outcome: &'static str) {
        let label = DeliveryLabel {
            consumer: consumer.to_owned(),
            outcome,
        };
        self.deliveries.get_or_create(&label).inc();
    }
}
