//! What runs a function in a cluster: its service, and how that scales.

use std::time::Duration;

/// `[application.tool.spindrift.services.<name>]`, or the same keys of a component
/// that has a service to itself: a Knative service. What is absent is left to the
/// profile, and then to the deployer's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceSettings {
    /// `scale`.
    pub scale: Scale,
    /// `resources`.
    pub resources: Resources,
    /// `smoke`: paths that a new revision has to answer well before it gets traffic.
    /// `None`: left to the deployer.
    pub smoke: Option<Vec<String>>,
}

/// `scale`: how many pods there are, with Knative's meaning of each key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scale {
    /// `min`: pods that stay when nobody calls.
    pub min: Option<u32>,
    /// `max`: pods at most; 0 is no bound.
    pub max: Option<u32>,
    /// `initial`: pods that a new revision starts with.
    pub initial: Option<u32>,
    /// `metric`: what is counted.
    pub metric: Option<Metric>,
    /// `target`: how much of the metric a pod is to have.
    pub target: Option<u32>,
    /// `concurrency`: requests at once that a pod is given at most; 0 is no bound.
    pub concurrency: Option<u32>,
    /// `window`: over how long the metric is averaged.
    pub window: Option<Duration>,
    /// `down_delay`: how long less load has to last before there are fewer pods.
    pub down_delay: Option<Duration>,
    /// `retention`: how long the last pod stays after that.
    pub retention: Option<Duration>,
}

/// `metric`: what a service is scaled by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// `"concurrency"`: requests under way.
    Concurrency,
    /// `"rps"`: requests a second.
    Rps,
    /// `"cpu"`: per cent of the processor time that was requested, by the
    /// HorizontalPodAutoscaler.
    Cpu,
    /// `"memory"`: MiB, by the HorizontalPodAutoscaler.
    Memory,
}

/// `resources`: what a pod of the service asks for, and what it may use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// `cpu`: what is kept for it, in thousandths of a processor.
    pub cpu: Option<u32>,
    /// `memory`: what is kept for it, in bytes.
    pub memory: Option<u64>,
    /// `cpu_limit`: what it may use, in thousandths of a processor.
    pub cpu_limit: Option<u32>,
    /// `memory_limit`: what it may use, in bytes.
    pub memory_limit: Option<u64>,
}

impl ServiceSettings {
    /// These settings, and what they leave open from `other`.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let (scale, resources) = (&self.scale, &self.resources);
        Self {
            scale: Scale {
                min: scale.min.or(other.scale.min),
                max: scale.max.or(other.scale.max),
                initial: scale.initial.or(other.scale.initial),
                metric: scale.metric.or(other.scale.metric),
                target: scale.target.or(other.scale.target),
                concurrency: scale.concurrency.or(other.scale.concurrency),
                window: scale.window.or(other.scale.window),
                down_delay: scale.down_delay.or(other.scale.down_delay),
                retention: scale.retention.or(other.scale.retention),
            },
            resources: Resources {
                cpu: resources.cpu.or(other.resources.cpu),
                memory: resources.memory.or(other.resources.memory),
                cpu_limit: resources.cpu_limit.or(other.resources.cpu_limit),
                memory_limit: resources.memory_limit.or(other.resources.memory_limit),
            },
            smoke: self.smoke.clone().or_else(|| other.smoke.clone()),
        }
    }
}
