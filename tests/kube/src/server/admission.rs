//! What is let into the store.

use serde_json::{Value, json};

use super::answer::Refusal;
use crate::kinds::Kind;
use crate::schemas;

/// Pointers to what can't be changed once it is there.
fn immutable(kind: &Kind) -> &'static [&'static str] {
    match (kind.group, kind.kind) {
        ("apps", "Deployment" | "ReplicaSet") => &["/spec/selector"],
        ("batch", "Job") => &["/spec/template", "/spec/selector", "/spec/completions"],
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => &["/roleRef"],
        ("serving.knative.dev", "Revision") => &["/spec"],
        ("", "Secret") => &["/type"],
        _ => &[],
    }
}

/// Whether an object may be written over another, or for the first time.
///
/// # Errors
/// It has keys that are unknown, or is invalid otherwise, or changes what can't be changed.
pub(super) fn check(
    kind: &Kind,
    object: &Value,
    before: Option<&Value>,
    kubernetes: &str,
) -> Result<(), Refusal> {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let violations = schemas::check(object, kubernetes);
    let unknown = |violation: &&String| violation.ends_with(": there is no such key");
    let strange: Vec<String> = violations
        .iter()
        .filter(unknown)
        .map(|violation| format!("unknown field \"{}\"", dotted(violation)))
        .collect();
    if !strange.is_empty() {
        let message = format!(
            "{} in version \"{}\" cannot be handled as a {}: strict decoding error: {}",
            kind.kind,
            kind.versions[0],
            kind.kind,
            strange.join(", ")
        );
        return Err(Refusal::bad_request(message));
    }
    let mut wrong = violations;
    if let Some(before) = before {
        let changed = |pointer: &&&str| {
            before.pointer(pointer).is_some() && before.pointer(pointer) != object.pointer(pointer)
        };
        let fixed = immutable(kind).iter().filter(changed);
        wrong.extend(fixed.map(|pointer| format!("{pointer}: field is immutable")));
    }
    if (kind.group, kind.kind) == ("serving.knative.dev", "Service") {
        knative(object, before)?;
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = wrong
        .iter()
        .map(|violation| match violation.split_once(": ") {
            Some((_, text)) => format!("{}: Invalid value: {text}", dotted(violation)),
            None => violation.clone(),
        })
        .collect();
    let resource = format!("{}.{}", kind.kind, kind.group);
    let resource = resource.trim_end_matches('.');
    let message = format!("{resource} \"{name}\" is invalid: {}", listed.join(", "));
    let mut refusal = Refusal::new(422, "Invalid", message);
    refusal.causes = wrong
        .iter()
        .map(|violation| json!({ "reason": "FieldValueInvalid", "message": violation, "field": dotted(violation) }))
        .collect();
    Err(refusal)
}

/// The pointer of a violation as Kubernetes writes a field: `spec.containers[0].image`.
fn dotted(violation: &str) -> String {
    let pointer = violation.split(": ").next().unwrap_or_default();
    let mut field = String::new();
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        if token.bytes().all(|byte| byte.is_ascii_digit()) {
            field += &format!("[{token}]");
        } else {
            field += if field.is_empty() { "" } else { "." };
            field += &token;
        }
    }
    field
}

/// What Knative's webhook checks beyond the schema.
fn knative(object: &Value, before: Option<&Value>) -> Result<(), Refusal> {
    let deny = |why: String| {
        let message = format!(
            "admission webhook \"validation.webhook.serving.knative.dev\" denied the request: \
             validation failed: {why}"
        );
        Err(Refusal::new(400, "BadRequest", message))
    };
    let template = &object["spec"]["template"];
    let service = object["metadata"]["name"].as_str().unwrap_or_default();
    if let Some(name) = template["metadata"]["name"].as_str() {
        if !name.starts_with(&format!("{service}-")) {
            return deny(format!(
                "invalid value: \"{name}\" must have prefix \"{service}-\": spec.template.metadata.name"
            ));
        }
        let earlier = before.map(|before| &before["spec"]["template"]);
        if earlier.is_some_and(|it| it["metadata"]["name"] == name && it != template) {
            return deny(
                "Saw the following changes without a name change (-old +new): \
                 spec.template.metadata.name"
                    .to_owned(),
            );
        }
    }
    let Some(traffic) = object["spec"]["traffic"].as_array() else {
        return Ok(());
    };
    let sum: u64 = traffic
        .iter()
        .filter_map(|target| target["percent"].as_u64())
        .sum();
    if sum != 100 {
        return deny(format!(
            "Traffic targets sum to {sum}, want 100: spec.traffic"
        ));
    }
    let mut tags: Vec<&str> = traffic
        .iter()
        .filter_map(|target| target["tag"].as_str())
        .collect();
    tags.sort_unstable();
    if let Some(twice) = tags.windows(2).find(|pair| pair[0] == pair[1]) {
        return deny(format!(
            "Multiple definitions for \"{}\": spec.traffic.tag",
            twice[0]
        ));
    }
    for target in traffic {
        let latest = target["latestRevision"] == true;
        if latest == target["revisionName"].is_string() {
            return deny(
                "expected exactly one of: latestRevision, revisionName: spec.traffic".to_owned(),
            );
        }
    }
    Ok(())
}
