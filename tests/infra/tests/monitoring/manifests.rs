//! Whether objects are what their kinds' schemas say.

use std::fs;

use anyhow::Context;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;
use spindrift_test_infra::repository;

/// Has the definitions that the schemas of extensions refer to.
const KUBERNETES: &str = "tests/schemas/kubernetes/1.31.json";

/// Where schemas of extensions are, by the group and the file's name. The second has
/// what `scripts/schemas` would make of kinds that only `infra/monitoring` writes.
fn places(group: &str, file: &str) -> [String; 2] {
    [
        format!("tests/schemas/{group}/{file}"),
        format!("tests/infra/tests/monitoring/schemas/{file}"),
    ]
}

/// Every violation; a key that the kind does not have is one.
pub(crate) fn violations(object: &Value) -> anyhow::Result<Vec<String>> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let api = text("apiVersion").context("it has no apiVersion")?;
    let kind = text("kind").context("it has no kind")?;
    let (group, version) = api.split_once('/').context("only extensions are checked")?;
    let file = format!("{}-{version}.json", kind.to_lowercase());
    let found = places(group, &file)
        .into_iter()
        .map(|place| repository().join(place))
        .find(|place| place.exists());
    let found = found.with_context(|| format!("there is no schema of {kind} of {api}"))?;
    let mut schema: Value = serde_json::from_slice(&fs::read(found)?)?;
    let mut built_in: Value = serde_json::from_slice(&fs::read(repository().join(KUBERNETES))?)?;
    schema["$defs"] = built_in["$defs"].take();
    let validator = jsonschema::draft202012::new(&schema)?;
    let errors = validator.iter_errors(object);
    Ok(errors
        .map(|error| match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                format!("{}: there is no {unexpected:?}", error.instance_path())
            }
            _ => format!("{}: {error}", error.instance_path()),
        })
        .collect())
}
