//! What the trigger counts, by function and channel.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::Subscription;

/// What becomes of messages.
const OUTCOMES: [&str; 3] = [DELIVERED, FAILED, DROPPED];

pub(crate) const DELIVERED: &str = "delivered";
pub(crate) const FAILED: &str = "failed";
pub(crate) const DROPPED: &str = "dropped";

/// The labels of a count of messages.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct MessageLabels {
    /// The component's id.
    pub function: String,
    /// The channel.
    pub channel: String,
    /// - `delivered`: the function did its work.
    /// - `failed`: it did not.
    /// - `dropped`: too many waited for it, or the process stopped.
    pub outcome: &'static str,
}

/// The labels of what is known of a subscription.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct ChannelLabels {
    /// The component's id.
    pub function: String,
    /// The channel.
    pub channel: String,
}

/// The trigger's series. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    messages: Family<MessageLabels, Counter>,
    subscribed: Family<ChannelLabels, Gauge>,
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            messages: Family::default(),
            subscribed: Family::default(),
        };
        registry.register(
            "spindrift_redis_messages",
            "Messages of channels, by what became of them",
            metrics.messages.clone(),
        );
        registry.register(
            "spindrift_redis_subscribed",
            "Whether there is a connection that listens to the channel",
            metrics.subscribed.clone(),
        );
        metrics
    }

    /// Has a subscription's series begin at 0, so that the first failure shows as an
    /// increase.
    pub(crate) fn begin(&self, of: &Subscription) {
        for outcome in OUTCOMES {
            drop(self.messages.get_or_create(&labels(of, outcome)));
        }
        self.subscribed(of, false);
    }

    pub(crate) fn count(&self, of: &Subscription, outcome: &'static str, messages: u64) {
        self.messages
            .get_or_create(&labels(of, outcome))
            .inc_by(messages);
    }

    pub(crate) fn subscribed(&self, of: &Subscription, subscribed: bool) {
        let labels = ChannelLabels {
            function: of.component.clone(),
            channel: of.channel.clone(),
        };
        self.subscribed
            .get_or_create(&labels)
            .set(i64::from(subscribed));
    }
}

fn labels(of: &Subscription, outcome: &'static str) -> MessageLabels {
    MessageLabels {
        function: of.component.clone(),
        channel: of.channel.clone(),
        outcome,
    }
}
