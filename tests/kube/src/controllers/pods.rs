//! Pods of what runs pods.

use serde_json::{Value, json};

use super::{End, joined, kind, owned_by};
use crate::server::State;
use crate::store::{meta, now};

/// Pods that are alike.
pub(super) struct Pods<'a> {
    pub(super) owner: &'a Value,
    /// Their names are this and a number.
    pub(super) prefix: String,
    pub(super) count: u64,
    pub(super) labels: Value,
    pub(super) annotations: &'a Value,
    pub(super) spec: &'a Value,
}

impl Pods<'_> {
    /// Makes those that are missing, and lets all be as their owner is. `phase` is theirs
    /// when all is well.
    pub(super) fn ensure(&self, state: &State, end: &End, phase: &str) {
        let pod = kind("v1", "Pod");
        let namespace = meta(self.owner, "namespace");
        for number in 0..self.count {
            let name = format!("{}{number}", self.prefix);
            let object = json!({
                "apiVersion": "v1", "kind": "Pod",
                "metadata": {
                    "name": name, "namespace": namespace, "labels": self.labels,
                    "annotations": joined(self.annotations, json!({})),
                    "ownerReferences": owned_by(self.owner),
                },
                "spec": self.spec,
            });
            state.make(pod, object);
            state.edit(pod, namespace, &name, |object| show(object, end, phase));
        }
    }
}

/// The status of one pod.
fn show(pod: &mut Value, end: &End, phase: &str) {
    let started = match pod["status"]["startTime"].as_str() {
        Some(time) => time.to_owned(),
        None => now(),
    };
    let failed = if phase == "Succeeded" {
        "Failed"
    } else {
        "Running"
    };
    let phase = match end {
        End::Good => phase,
        End::Bad { .. } => failed,
        End::Never => "Pending",
    };
    let runs = *end == End::Good && phase == "Running";
    let state = match end {
        End::Good if runs => json!({ "running": { "startedAt": started } }),
        End::Good => json!({ "terminated": { "exitCode": 0, "reason": "Completed" } }),
        End::Bad { reason, message } if phase == "Failed" => {
            json!({ "terminated": { "exitCode": 1, "reason": reason, "message": message } })
        }
        End::Bad { reason, message } => {
            json!({ "waiting": { "reason": reason, "message": message } })
        }
        End::Never => json!({ "waiting": { "reason": "ContainerCreating" } }),
    };
    let restarts = u8::from(matches!(end, End::Bad { .. }) && phase == "Running");
    let containers = pod["spec"]["containers"].as_array();
    let statuses: Vec<Value> = containers
        .into_iter()
        .flatten()
        .map(|container| {
            json!({
                "name": container["name"], "image": container["image"], "imageID": "",
                "ready": runs, "started": runs, "restartCount": restarts, "state": state,
            })
        })
        .collect();
    let ready = if runs { "True" } else { "False" };
    pod["status"]["phase"] = phase.into();
    pod["status"]["startTime"] = started.into();
    pod["status"]["containerStatuses"] = statuses.into();
    super::conditions::set(pod, "Ready", ready, "", "");
}
