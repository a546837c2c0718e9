//! A plan's objects.

mod account;
mod backup;
mod dapr;
mod delivery;
mod guard;
mod jobs;
mod meta;
mod monitor;
mod network;
mod pod;
mod routes;
mod services;
mod spin;
mod topics;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::object::{Object, Stage};
use crate::plan::Plan;

pub use pod::ADMIN_PORT;
pub(crate) use topics::names as topic_names;

/// Everything of a plan, as the release of this name; ordered by stage, kind and name.
pub(crate) fn all(plan: &Plan<'_>, release: &str) -> Vec<Object> {
    let mut objects = Vec::new();
    account::add(plan, &mut objects);
    topics::add(plan, &mut objects);
    network::add(plan, &mut objects);
    guard::add(plan, &mut objects);
    monitor::add(plan, &mut objects);
    dapr::add(plan, &mut objects);
    backup::add(plan, &mut objects);
    jobs::add(plan, release, &mut objects);
    services::add(plan, release, &mut objects);
    delivery::add(plan, release, &mut objects);
    routes::add(plan, &mut objects);
    objects.sort_by(|a, b| order(a).cmp(&order(b)));
    objects
}

fn order(object: &Object) -> (Stage, &str, &str) {
    (object.stage, object.kind(), object.name())
}

/// An object of a value that has all its parts.
fn push(objects: &mut Vec<Object>, stage: Stage, value: impl Serialize) {
    // Every kind here is plain data: text keys and finite numbers.
    let value = serde_json::to_value(value).unwrap_or_default();
    objects.push(Object {
        stage,
        value: pruned(value),
    });
}

/// Without members that say nothing: an API server would not keep them.
fn pruned(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let kept = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(
        kept.map(|(name, value)| (name, pruned(value)))
            .collect::<Map<_, _>>(),
    )
}
