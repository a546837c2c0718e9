//! How many connections the pools hold, at the moment that somebody asks.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use deadpool::Status;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Tells how a pool is.
type Ask = Box<dyn Fn() -> Status + Send + Sync>;

/// All pools of the process, for its figures. They live as long as it does.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Vec<Ask>>>);

impl Connections {
    /// Has one more pool counted, which says by `ask` how it is.
    pub(super) fn count(&self, ask: impl Fn() -> Status + Send + Sync + 'static) {
        let mut pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pools.push(Box::new(ask));
    }

    /// Those that a function has, those that none has, and those that there may be.
    fn sums(&self) -> (i64, i64, i64) {
        let pools = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        pools.iter().fold((0, 0, 0), |(in_use, idle, limit), ask| {
            let status = ask();
            (
                in_use + number(status.size.saturating_sub(status.available)),
                idle + number(status.available),
                limit + number(status.max_size),
            )
        })
    }
}

// What a pool holds is not for logs.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Collector for Connections {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (in_use, idle, limit) = self.sums();
        let mut family = encoder.encode_descriptor(
            "spindrift_database_connections",
            "Connections of functions to databases",
            None,
            MetricType::Gauge,
        )?;
        for (state, count) in [("in_use", in_use), ("idle", idle)] {
            let labels = [("state", state)];
            ConstGauge::new(count).encode(family.encode_family(&labels)?)?;
        }
        let single = encoder.encode_descriptor(
            "spindrift_database_connections_limit",
            "Connections that there may be",
            None,
            MetricType::Gauge,
        )?;
        ConstGauge::new(limit).encode(single)
    }
}
