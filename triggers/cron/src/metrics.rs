//! What the trigger counts, by job.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chrono::{DateTime, Utc};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The labels of a count of ticks.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct TickLabels {
    /// The job's name.
    pub job: String,
    /// - `delivered`, `failed`, `timed_out`: how a delivery of this host ended.
    /// - `skipped`: an earlier tick was under way.
    /// - `missed`: it came due while nobody was there, and the job does not catch up.
    /// - `taken`: another host has it.
    pub outcome: &'static str,
}

/// The labels of what is known of a job.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct JobLabels {
    /// The job's name.
    pub job: String,
}

/// Upper bounds in seconds: from a punctual tick to one that waited for a restart.
const BUCKETS: [f64; 12] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0, 300.0, 3600.0,
];

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

/// The trigger's series. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    ticks: Family<TickLabels, Counter>,
    lateness: Family<JobLabels, Histogram, fn() -> Histogram>,
    last_success: Family<JobLabels, Gauge<f64, AtomicU64>>,
    next: Family<JobLabels, Gauge<f64, AtomicU64>>,
}

impl Metrics {
    /// Series that stand in `registry` from now on.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            ticks: Family::default(),
            lateness: Family::new_with_constructor(histogram),
            last_success: Family::default(),
            next: Family::default(),
        };
        registry.register(
            "spindrift_cron_ticks",
            "Ticks that came due, by what became of them",
            metrics.ticks.clone(),
        );
        registry.register_with_unit(
            "spindrift_cron_lateness",
            "From when a tick was due to the beginning of its delivery",
            Unit::Seconds,
            metrics.lateness.clone(),
        );
        registry.register_with_unit(
            "spindrift_cron_last_success_timestamp",
            "When this host last delivered a tick of the job, since 1970",
            Unit::Seconds,
            metrics.last_success.clone(),
        );
        registry.register_with_unit(
            "spindrift_cron_next_tick_timestamp",
            "When the next tick of the job is due, since 1970",
            Unit::Seconds,
            metrics.next.clone(),
        );
        metrics
    }

    pub(crate) fn count(&self, job: &str, outcome: &'static str) {
        let job = job.to_owned();
        self.ticks.get_or_create(&TickLabels { job, outcome }).inc();
    }

    pub(crate) fn late_by(&self, job: &str, lateness: Duration) {
        let job = job.to_owned();
        self.lateness
            .get_or_create(&JobLabels { job })
            .observe(lateness.as_secs_f64());
    }

    pub(crate) fn succeeded(&self, job: &str, at: DateTime<Utc>) {
        set(&self.last_success, job, at);
    }

    pub(crate) fn next_is(&self, job: &str, at: DateTime<Utc>) {
        set(&self.next, job, at);
    }
}

fn set(family: &Family<JobLabels, Gauge<f64, AtomicU64>>, job: &str, at: DateTime<Utc>) {
    let job = job.to_owned();
    family
        .get_or_create(&JobLabels { job })
        .set(at.timestamp_micros() as f64 / 1e6);
}
