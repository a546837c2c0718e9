//! Conditions in the status of objects.

use serde_json::Value;

use super::objects::{array, text};

/// What a condition says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    True,
    /// Not decided yet, with what is said of it.
    Unknown(String),
    False {
        reason: String,
        message: String,
    },
}

/// The condition of type `kind`; unknown where there is none, or where the object has
/// changed since its controller last looked at it.
pub(crate) fn of(object: &Value, kind: &str) -> Condition {
    let seen = object["status"]["observedGeneration"].as_i64();
    if seen.is_some_and(|seen| Some(seen) < object["metadata"]["generation"].as_i64()) {
        return Condition::Unknown("its controller has not looked at it yet".to_owned());
    }
    let condition = array(object, "/status/conditions")
        .iter()
        .find(|condition| text(condition, "/type") == kind);
    let Some(condition) = condition else {
        return Condition::Unknown("nothing is said of it yet".to_owned());
    };
    let (reason, message) = (text(condition, "/reason"), text(condition, "/message"));
    match text(condition, "/status") {
        "True" => Condition::True,
        "False" => Condition::False {
            reason: reason.to_owned(),
            message: message.to_owned(),
        },
        _ => Condition::Unknown(say(reason, message)),
    }
}

/// Reason and message in one line.
pub(crate) fn say(reason: &str, message: &str) -> String {
    match (reason, message) {
        ("", "") => "no reason is given".to_owned(),
        (reason, "") => reason.to_owned(),
        ("", message) => message.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_condition_of_an_earlier_generation_says_nothing() {
        let mut object = json!({
            "metadata": { "generation": 2 },
            "status": {
                "observedGeneration": 1,
                "conditions": [{ "type": "Ready", "status": "True" }],
            },
        });
        assert!(matches!(of(&object, "Ready"), Condition::Unknown(_)));
        object["status"]["observedGeneration"] = 2.into();
        assert_eq!(of(&object, "Ready"), Condition::True);
    }
}
