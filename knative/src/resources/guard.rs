//! What keeps pods there while nodes go.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::delivery::{RELAY, relays};
use super::meta::{matching, meta, selector};
use super::push;
use crate::object::{Object, Stage};
use crate::plan::Plan;

/// A budget for whatever has at least two pods: with one, it would keep a node from
/// ever being drained.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let kept = plan
        .services
        .iter()
        .filter(|service| service.settings.scale.min >= Some(2));
    let mut names: Vec<&str> = kept.map(|service| service.name.as_str()).collect();
    if plan.relay.is_some() && relays(plan) && plan.profile.delivery.replicas >= 2 {
        names.push(RELAY);
    }
    for name in names {
        let budget = PodDisruptionBudget {
            metadata: meta(plan, name),
            spec: Some(PodDisruptionBudgetSpec {
                max_unavailable: Some(IntOrString::Int(1)),
                selector: Some(matching(selector(plan, name))),
                ..PodDisruptionBudgetSpec::default()
            }),
            status: None,
        };
        push(objects, Stage::Ground, budget);
    }
}
