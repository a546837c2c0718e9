//! The files of `tests/schemas`, read once.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// Each version's file holds what differs from the one before.
const VERSIONS: [&str; 4] = ["1.31", "1.32", "1.33", "1.34"];

/// A kind's schema, and what was made of it.
#[derive(Clone)]
struct Entry {
    schema: Arc<Value>,
    validator: Arc<Validator>,
}

type Cache = HashMap<(String, String, String), Option<Entry>>;

static CACHE: LazyLock<Mutex<Cache>> = LazyLock::new(Mutex::default);

/// The whole schema of a kind, with all definitions that it refers to under `$defs`.
pub(crate) fn schema(api_version: &str, kind: &str, kubernetes: &str) -> Option<Arc<Value>> {
    Some(entry(api_version, kind, kubernetes)?.schema)
}

pub(super) fn validator(api_version: &str, kind: &str, kubernetes: &str) -> Option<Arc<Validator>> {
    Some(entry(api_version, kind, kubernetes)?.validator)
}

fn entry(api_version: &str, kind: &str, kubernetes: &str) -> Option<Entry> {
    let key = (
        api_version.to_owned(),
        kind.to_owned(),
        kubernetes.to_owned(),
    );
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache
        .entry(key)
        .or_insert_with(|| make(api_version, kind, kubernetes))
        .clone()
}

fn make(api_version: &str, kind: &str, kubernetes: &str) -> Option<Entry> {
    let (kinds, definitions) = built_in(kubernetes);
    let mut schema = match kinds.get(&format!("{api_version}/{kind}")) {
        Some(name) => json!({ "$ref": format!("#/$defs/{}", name.as_str()?) }),
        None => custom(api_version, kind)?,
    };
    schema["$defs"] = Value::Object(definitions);
    let validator = jsonschema::draft202012::new(&schema)
        .unwrap_or_else(|error| panic!("the schema of {kind} is broken: {error}"));
    Some(Entry {
        schema: Arc::new(schema),
        validator: Arc::new(validator),
    })
}

/// The kinds of a version, by the names of their definitions, and the definitions.
fn built_in(kubernetes: &str) -> (Map<String, Value>, Map<String, Value>) {
    let last = VERSIONS
        .iter()
        .position(|version| *version == kubernetes)
        .unwrap_or_else(|| panic!("there are no schemas of Kubernetes {kubernetes}"));
    let mut kinds = Map::new();
    let mut definitions = Map::new();
    for version in &VERSIONS[..=last] {
        let path = folder().join("kubernetes").join(format!("{version}.json"));
        let mut file = read(&path).unwrap_or_else(|| panic!("{} is missing", path.display()));
        if let Value::Object(named) = file["kinds"].take() {
            kinds = named;
        }
        if let Value::Object(differing) = file["$defs"].take() {
            definitions.extend(differing);
        }
    }
    (kinds, definitions)
}

fn custom(api_version: &str, kind: &str) -> Option<Value> {
    let (group, version) = api_version.split_once('/')?;
    let file = format!("{}-{version}.json", kind.to_lowercase());
    read(&folder().join(group).join(file))
}

fn read(path: &Path) -> Option<Value> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    };
    let value = serde_json::from_slice(&text);
    Some(value.unwrap_or_else(|error| panic!("{} is no JSON: {error}", path.display())))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas")
}
