//! What the runtime counts, by function.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::capabilities::Connections;

/// The label of every series here.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct FunctionLabel {
    /// The component's id.
    pub function: String,
}

/// Why a call had no answer from its function.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct FailureLabel {
    /// The component's id.
    pub function: String,
    /// `busy`, `timeout`, `out_of_memory` or `failed`.
    pub reason: &'static str,
}

/// The runtime's series. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    pub(crate) instances: Family<FunctionLabel, Gauge>,
    pub(crate) instantiations: Family<FunctionLabel, Counter>,
    pub(crate) running: Family<FunctionLabel, Gauge>,
    pub(crate) waiting: Family<FunctionLabel, Gauge>,
    pub(crate) failures: Family<FailureLabel, Counter>,
    pub(crate) database: DatabaseMetrics,
}

/// What the pools of database connections are counted by.
#[derive(Clone, Debug, Default)]
pub(crate) struct DatabaseMetrics {
    pub(crate) cleanings: Counter,
    pub(crate) wait_timeouts: Counter,
    pub(crate) connections: Connections,
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "spindrift_function_instances",
            "Live instances",
            metrics.instances.clone(),
        );
        registry.register(
            "spindrift_function_instantiations",
            "Instances made",
            metrics.instantiations.clone(),
        );
        registry.register(
            "spindrift_function_running",
            "Requests that a function is handling",
            metrics.running.clone(),
        );
        registry.register(
            "spindrift_function_waiting",
            "Requests that wait for their turn in a function",
            metrics.waiting.clone(),
        );
        registry.register(
            "spindrift_function_failures",
            "Calls without an answer from the function, by reason",
            metrics.failures.clone(),
        );
        registry.register(
            "spindrift_database_cleanings",
            "Database sessions that were cleaned of what a function left in them",
            metrics.database.cleanings.clone(),
        );
        registry.register(
            "spindrift_database_wait_timeouts",
            "Times that no database connection became free for a function in time",
            metrics.database.wait_timeouts.clone(),
        );
        registry.register_collector(Box::new(metrics.database.connections.clone()));
        metrics
    }
}
