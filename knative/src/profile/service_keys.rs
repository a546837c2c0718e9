//! What the keys of a service mean, in profiles and in the manifest.

use super::keys::{Key, key};

/// The keys of a service: of `defaults`, of `services.NAME`, and of the manifest.
pub(super) const SERVICE: &[Key] = &[
    key(
        "scale.min",
        "0 to 1000",
        "`0`",
        "Pods that stay when nobody calls. 0 costs a cold start, about a second, after a quiet time; 2 keeps a service up while a node goes.",
    ),
    key(
        "scale.max",
        "0 to 1000",
        "`20`",
        "Pods at most; 0 is no bound. The default keeps one service from taking a whole cluster and all of the database's connections.",
    ),
    key(
        "scale.initial",
        "0 to 1000",
        "`1`",
        "Pods that a new revision starts with. One shows that the revision can start at all.",
    ),
    key(
        "scale.metric",
        "`\"concurrency\"`, `\"rps\"`, `\"cpu\"`, `\"memory\"`",
        "Knative's: `\"concurrency\"`",
        "What a service is scaled by. `cpu` and `memory` are the HorizontalPodAutoscaler's, which does not scale to zero.",
    ),
    key(
        "scale.target",
        "1 to 1000000",
        "Knative's: 100 requests at once, 200 a second",
        "How much of the metric a pod is to have.",
    ),
    key(
        "scale.concurrency",
        "0 to 1000",
        "`0`",
        "Requests at once that a pod is given at most; 0 is no bound, since the function's own `concurrency` and `queue` bound them already.",
    ),
    key(
        "scale.window",
        "a time from 6s to 1h",
        "Knative's: 60s",
        "Over how long the metric is averaged.",
    ),
    key(
        "scale.down_delay",
        "a time up to 1h",
        "Knative's: 0s",
        "How long less load has to last before there are fewer pods.",
    ),
    key(
        "scale.retention",
        "a time up to 1h",
        "Knative's: 0s",
        "How long the last pod stays after that.",
    ),
    key(
        "resources.cpu",
        "`\"250m\"`, `\"0.25\"`, `1`",
        "`\"50m\"`",
        "Processor time that is kept for a pod. Functions at rest use none.",
    ),
    key(
        "resources.memory",
        "`\"64Mi\"`",
        "`\"64Mi\"`",
        "Memory that is kept for a pod: what all functions of the todo application together hold after 10,000 requests.",
    ),
    key(
        "resources.cpu_limit",
        "as `cpu`",
        "`\"1000m\"`",
        "Processor time that a pod may use. One whole processor, for a start uses one.",
    ),
    key(
        "resources.memory_limit",
        "as `memory`",
        "`\"256Mi\"`",
        "Memory that a pod may use, twice the default limit of one function's instance.",
    ),
    key(
        "smoke",
        "a list of paths",
        "none",
        "What a new revision has to answer with 2xx or 3xx before it gets traffic, such as `[\"/api/health\"]`.",
    ),
];
