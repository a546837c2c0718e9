//! How Prometheus finds the pods.

use super::meta::{Labels, matching, named};
use super::pod::ADMIN_PORT;
use super::push;
use crate::kinds::Kind;
use crate::kinds::monitoring::{Endpoint, PodMonitorSpec};
use crate::labels;
use crate::object::{Object, Stage};
use crate::plan::Plan;

/// One monitor for all pods of the application, whichever service they are of.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    if !plan.profile.monitoring.pod_monitor {
        return;
    }
    let all = Labels::from([(labels::PART_OF.to_owned(), plan.prefix.clone())]);
    let spec = PodMonitorSpec {
        selector: matching(all),
        pod_target_labels: vec![labels::NAME, labels::RELEASE],
        pod_metrics_endpoints: vec![Endpoint {
            port_number: ADMIN_PORT,
            path: "/metrics",
            interval: "15s",
        }],
    };
    push(
        objects,
        Stage::Ground,
        spec.object(named(plan, plan.prefix.clone(), "monitor")),
    );
}
