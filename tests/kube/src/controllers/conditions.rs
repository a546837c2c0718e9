//! Conditions in a status.

use serde_json::{Value, json};

use super::End;
use crate::store::now;

/// `True`, `False` or `Unknown`.
pub(super) fn status_of(end: &End) -> &'static str {
    match end {
        End::Good => "True",
        End::Bad { .. } => "False",
        End::Never => "Unknown",
    }
}

/// Sets one. Its time changes with its status.
pub(super) fn set(object: &mut Value, name: &str, status: &str, reason: &str, message: &str) {
    let conditions = &mut object["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(conditions) = conditions.as_array_mut() else {
        return;
    };
    let known = conditions
        .iter()
        .position(|condition| condition["type"] == name);
    let earlier = known.map(|index| conditions.remove(index));
    let since = earlier
        .filter(|earlier| earlier["status"] == status)
        .map(|earlier| earlier["lastTransitionTime"].clone());
    let mut condition = json!({
        "type": name, "status": status,
        "lastTransitionTime": since.unwrap_or_else(|| now().into()),
    });
    for (key, text) in [("reason", reason), ("message", message)] {
        if !text.is_empty() {
            condition[key] = text.into();
        }
    }
    conditions.push(condition);
    conditions.sort_by(|one, other| one["type"].as_str().cmp(&other["type"].as_str()));
}

/// The status of one; `Unknown` where it is not there.
pub(super) fn get<'a>(object: &'a Value, name: &str) -> &'a str {
    let conditions = object["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    let condition = conditions.find(|condition| condition["type"] == name);
    condition
        .and_then(|condition| condition["status"].as_str())
        .unwrap_or("Unknown")
}
