//! Waiting for Deployments, such as the relay's.

use serde_json::Value;
use tokio::time::Instant;

use super::api::Api;
use super::conditions;
use super::error::{Error, Result};
use super::kinds::{DEPLOYMENT, POD};
use super::objects::{array, label, text};
use super::pods;
use crate::labels::RELEASE;

/// Waits until a Deployment's pods are those of its template, and available.
pub(crate) async fn rollout(api: &Api, name: &str, until: Instant) -> Result<()> {
    let started = Instant::now();
    loop {
        let Some(deployment) = api.get(&DEPLOYMENT, name).await? else {
            return Err(failed(api, name, "", "somebody deleted it").await);
        };
        let last = match standing(&deployment) {
            Standing::Done => return Ok(()),
            Standing::Failed(why) => {
                return Err(failed(api, name, &selector(&deployment), &why).await);
            }
            Standing::Waiting(last) => last,
        };
        let selector = selector(&deployment);
        for pod in api.list(&POD, &selector).await? {
            if let Some(trouble) = pods::trouble(&pod) {
                return Err(failed(api, name, &selector, &trouble).await);
            }
        }
        if Instant::now() >= until {
            let why = format!("{last} after {} s", started.elapsed().as_secs());
            return Err(failed(api, name, &selector, &why).await);
        }
        api.pause(api.timing.poll).await?;
    }
}

enum Standing {
    Done,
    Waiting(String),
    Failed(String),
}

fn standing(deployment: &Value) -> Standing {
    let status = &deployment["status"];
    let count = |key: &str| status[key].as_i64().unwrap_or(0);
    if status["observedGeneration"].as_i64() < deployment["metadata"]["generation"].as_i64() {
        return Standing::Waiting("not looked at".to_owned());
    }
    let stuck = array(deployment, "/status/conditions")
        .iter()
        .find(|condition| {
            (condition["type"] == "Progressing" && condition["status"] == "False")
                || (condition["type"] == "ReplicaFailure" && condition["status"] == "True")
        });
    if let Some(stuck) = stuck {
        return Standing::Failed(conditions::say(
            text(stuck, "/reason"),
            text(stuck, "/message"),
        ));
    }
    let wanted = deployment["spec"]["replicas"].as_i64().unwrap_or(1);
    let (updated, available) = (count("updatedReplicas"), count("availableReplicas"));
    if updated >= wanted && available >= wanted && count("replicas") <= updated {
        Standing::Done
    } else {
        Standing::Waiting(format!("{available} of {wanted} pods are available"))
    }
}

/// Selects the pods of a Deployment's current release.
fn selector(deployment: &Value) -> String {
    let labels = deployment.pointer("/spec/selector/matchLabels");
    let mut selector: Vec<_> = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
        .collect();
    let release = label(&deployment["spec"]["template"], RELEASE);
    if !release.is_empty() {
        selector.push(format!("{RELEASE}={release}"));
    }
    selector.join(",")
}

async fn failed(api: &Api, name: &str, selector: &str, reason: &str) -> Error {
    let log = if selector.is_empty() {
        Vec::new()
    } else {
        pods::last_lines(api, selector).await
    };
    Error::Failed {
        what: format!("deployment {name}"),
        reason: reason.to_owned(),
        log,
    }
}
