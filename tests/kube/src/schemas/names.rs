//! Names that become names in the DNS, which no schema says.

use serde_json::Value;

/// Kinds whose name is one label of a host name (RFC 1123).
const LABELS: [(&str, &str); 6] = [
    ("v1", "Namespace"),
    ("v1", "Service"),
    ("serving.knative.dev/v1", "Configuration"),
    ("serving.knative.dev/v1", "Revision"),
    ("serving.knative.dev/v1", "Route"),
    ("serving.knative.dev/v1", "Service"),
];

/// The longest label.
const LONGEST: usize = 63;

pub(super) fn check(object: &Value, api_version: &str, kind: &str) -> Option<String> {
    let name = object.pointer("/metadata/name")?.as_str()?;
    let is_label = name.len() <= LONGEST && !name.contains('.');
    (LABELS.contains(&(api_version, kind)) && !is_label).then(|| {
        format!("/metadata/name: {name:?} is no DNS label of at most {LONGEST} characters")
    })
}
