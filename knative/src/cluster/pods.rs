//! Pods: their troubles and their last words.

use serde_json::Value;

use super::api::Api;
use super::kinds::POD;
use super::objects::{array, name, text};

/// How many lines of a log an error tells.
const LINES: i64 = 20;
/// The container of a Knative pod that runs the application.
pub(crate) const USER_CONTAINER: &str = "user-container";

/// The last log lines of the pods that `selector` selects, from the one that fares
/// worst; nothing where there are none to be had.
pub(crate) async fn last_lines(api: &Api, selector: &str) -> Vec<String> {
    let Ok(mut pods) = api.list(&POD, selector).await else {
        return Vec::new();
    };
    pods.sort_by_key(|pod| std::cmp::Reverse((restarts(pod), trouble(pod).is_some())));
    for pod in &pods {
        let container = container(pod);
        for previous in [false, true] {
            let lines = api.log(name(pod), container, LINES, previous).await;
            if let Ok(lines) = lines
                && !lines.is_empty()
            {
                return lines;
            }
        }
    }
    Vec::new()
}

/// The container that runs the application.
pub(crate) fn container(pod: &Value) -> &str {
    let names = || {
        array(pod, "/spec/containers")
            .iter()
            .map(|container| text(container, "/name"))
    };
    names()
        .find(|name| *name == USER_CONTAINER)
        .or_else(|| names().next())
        .unwrap_or(USER_CONTAINER)
}

/// How often its containers were started again.
pub(crate) fn restarts(pod: &Value) -> u64 {
    array(pod, "/status/containerStatuses")
        .iter()
        .map(|status| status["restartCount"].as_u64().unwrap_or(0))
        .sum()
}

/// Why a container does not run and will not by itself.
pub(crate) fn trouble(pod: &Value) -> Option<String> {
    const TROUBLES: &[&str] = &[
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "InvalidImageName",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
    ];
    array(pod, "/status/containerStatuses")
        .iter()
        .map(|status| &status["state"]["waiting"])
        .find(|waiting| TROUBLES.contains(&text(waiting, "/reason")))
        .map(|waiting| super::conditions::say(text(waiting, "/reason"), text(waiting, "/message")))
}
