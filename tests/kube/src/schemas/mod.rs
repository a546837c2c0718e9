//! Whether an object is what Kubernetes, or the extension that it belongs to, publishes
//! of its kind.
//!
//! The schemas are those of `tests/schemas`, whose README says where they come from and
//! how strict they are.

mod files;
mod names;

use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

pub(crate) use files::schema;

/// Every violation, as `POINTER: what is wrong`: a key that the kind does not have, a
/// value of another type, a key that is missing, a kind of which there is no schema.
/// None for an object that an API server takes without dropping anything.
///
/// `kubernetes` is a version such as `1.33`; the oldest that is known is 1.31.
///
/// # Panics
///
/// When there are no schemas of that version, or they cannot be read.
pub fn check(object: &Value, kubernetes: &str) -> Vec<String> {
    let (api_version, kind) = (text(object, "apiVersion"), text(object, "kind"));
    let Some(validator) = files::validator(api_version, kind, kubernetes) else {
        return vec![format!(
            "/kind: there is no schema of {kind:?} of {api_version:?}"
        )];
    };
    let mut violations: Vec<String> = validator
        .iter_errors(object)
        .flat_map(|error| of_error(&error))
        .collect();
    violations.extend(names::check(object, api_version, kind));
    violations
}

fn text<'a>(object: &'a Value, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// One violation for each key, where there are several in one object.
fn of_error(error: &jsonschema::ValidationError<'_>) -> Vec<String> {
    let place = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| format!("{place}/{}: there is no such key", escaped(key)))
            .collect(),
        _ => vec![format!("{place}: {error}")],
    }
}

/// A key as a token of a JSON pointer (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
