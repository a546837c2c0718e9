//! Makes tests/infra/schemas/platform anew of CustomResourceDefinitions:
//!
//! ```sh
//! cargo run -p spindrift-test-infra --example renew -- FOLDER
//! ```
//!
//! The folder has them as `<group>/<kind>.yaml`. What comes out is as strict as what
//! `scripts/schemas` makes for `tests/schemas`: a key that is not listed is a mistake.

use std::fs;
use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};
use spindrift_test_infra::repository;

/// Where they are kept.
const OWN: &str = "tests/infra/schemas/platform";
/// What stands before the names of Kubernetes' own metadata.
const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/// File and version.
const CRDS: [(&str, &str); 6] = [
    ("cert-manager.io/clusterissuer", "v1"),
    ("gateway.networking.k8s.io/gatewayclass", "v1"),
    ("kafka.strimzi.io/kafka", "v1"),
    ("kafka.strimzi.io/kafkanodepool", "v1"),
    ("operator.knative.dev/knativeeventing", "v1beta1"),
    ("operator.knative.dev/knativeserving", "v1beta1"),
];

/// Kept as they are.
const KEPT: [&str; 15] = [
    "additionalProperties",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "pattern",
    "required",
    "type",
];

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1);
    let folder = folder.context("name the folder with the definitions")?;
    for (file, version) in CRDS {
        let text = fs::read_to_string(Path::new(&folder).join(format!("{file}.yaml")))?;
        let definition: Value = serde_saphyr::from_str(&text)?;
        let schema = of_version(&definition, version).with_context(|| file.to_owned())?;
        let target = repository()
            .join(OWN)
            .join(format!("{file}-{version}.json"));
        fs::create_dir_all(target.parent().context("no folder")?)?;
        fs::write(target, format!("{schema}\n"))?;
    }
    Ok(())
}

fn of_version(definition: &Value, version: &str) -> anyhow::Result<Value> {
    let versions = definition["spec"]["versions"].as_array();
    let served = versions
        .and_then(|all| all.iter().find(|one| one["name"] == version))
        .context("has no such version")?;
    let mut schema = strict(&served["schema"]["openAPIV3Schema"], true);
    let group = definition["spec"]["group"].as_str().unwrap_or_default();
    let properties = schema["properties"].as_object_mut().context("is empty")?;
    let api_version = json!({ "const": format!("{group}/{version}") });
    properties.insert("apiVersion".to_owned(), api_version);
    let kind = json!({ "const": definition["spec"]["names"]["kind"] });
    properties.insert("kind".to_owned(), kind);
    let metadata = json!({ "$ref": format!("#/$defs/{META}ObjectMeta") });
    properties.insert("metadata".to_owned(), metadata);
    // What an operator writes is in no manifest.
    properties.remove("status");
    schema["required"] = json!(["apiVersion", "kind", "metadata"]);
    Ok(schema)
}

/// A schema without what is said to people, which refuses keys that it does not list.
fn strict(schema: &Value, structural: bool) -> Value {
    let Some(schema) = schema.as_object() else {
        return schema.clone();
    };
    let is = |key: &str| schema.get(key) == Some(&Value::Bool(true));
    let mut out: Map<_, _> = schema
        .iter()
        .filter(|(key, _)| KEPT.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let open = is("x-kubernetes-preserve-unknown-fields");
    let either = is("x-kubernetes-int-or-string");
    if either {
        out.insert("type".to_owned(), json!(["integer", "string"]));
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let inner = |(key, value): (&String, &Value)| (key.clone(), strict(value, structural));
        let properties: Map<_, _> = properties.iter().map(inner).collect();
        out.insert("properties".to_owned(), Value::Object(properties));
        if structural && !open {
            out.entry("additionalProperties").or_insert(json!(false));
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key).filter(|inner| inner.is_object()) {
            out.insert(key.to_owned(), strict(inner, structural));
        }
    }
    // These refine: what they do not list is listed by the schema around them.
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(all) = schema.get(key).and_then(Value::as_array)
            && !either
        {
            let all: Vec<_> = all.iter().map(|one| strict(one, false)).collect();
            out.insert(key.to_owned(), Value::Array(all));
        }
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stripped_schema_refuses_what_it_does_not_list() -> anyhow::Result<()> {
        let schema = strict(
            &json!({
                "type": "object",
                "description": "words",
                "properties": { "port": { "x-kubernetes-int-or-string": true, "anyOf": [{ "type": "integer" }] } },
            }),
            true,
        );
        let validator = jsonschema::draft202012::new(&schema)?;
        anyhow::ensure!(validator.is_valid(&json!({ "port": 80 })));
        anyhow::ensure!(validator.is_valid(&json!({ "port": "http" })));
        anyhow::ensure!(!validator.is_valid(&json!({ "prot": 80 })));
        anyhow::ensure!(!validator.is_valid(&json!({ "port": true })));
        anyhow::ensure!(schema.get("description").is_none());
        Ok(())
    }
}
