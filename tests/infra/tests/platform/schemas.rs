//! Whether an object is what Kubernetes, or the extension that it belongs to, publishes
//! of its kind: the schemas of `tests/schemas`, and of the kinds that only a platform has.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

use anyhow::Context;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use spindrift_test_infra::repository;

/// The schemas of this crate's own.
pub(crate) const OWN: &str = "tests/infra/schemas/platform";
/// Each file holds what differs from the one before. The last one is the version that
/// clusters are made with.
const KUBERNETES: [&str; 4] = ["1.31", "1.32", "1.33", "1.34"];

pub(crate) struct Schemas {
    kinds: Map<String, Value>,
    definitions: Map<String, Value>,
    /// Of kinds that were asked for.
    made: RefCell<HashMap<String, Rc<Validator>>>,
}

impl Schemas {
    pub(crate) fn read() -> anyhow::Result<Self> {
        let (mut kinds, mut definitions) = (Map::new(), Map::new());
        for version in KUBERNETES {
            let path = repository().join(format!("tests/schemas/kubernetes/{version}.json"));
            let mut file: Value = serde_json::from_slice(&fs::read(path)?)?;
            if let Value::Object(named) = file["kinds"].take() {
                kinds = named;
            }
            if let Value::Object(differing) = file["$defs"].take() {
                definitions.extend(differing);
            }
        }
        Ok(Self {
            kinds,
            definitions,
            made: RefCell::default(),
        })
    }

    /// Every violation of an object, by its place: a key that there is not, a value of
    /// another type, a key that is missing, a kind that has no schema.
    pub(crate) fn mistakes(&self, object: &Value) -> anyhow::Result<Vec<String>> {
        let of = |key: &str| object[key].as_str().unwrap_or_default();
        let (api_version, kind) = (of("apiVersion"), of("kind"));
        let Some(validator) = self.validator(api_version, kind)? else {
            return Ok(vec![format!(
                "there is no schema of {kind} of {api_version}"
            )]);
        };
        Ok(validator
            .iter_errors(object)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect())
    }

    fn validator(&self, api_version: &str, kind: &str) -> anyhow::Result<Option<Rc<Validator>>> {
        let name = format!("{api_version}/{kind}");
        if let Some(made) = self.made.borrow().get(&name) {
            return Ok(Some(Rc::clone(made)));
        }
        let mut schema = match self.kinds.get(&name).and_then(Value::as_str) {
            Some(definition) => json!({ "$ref": format!("#/$defs/{definition}") }),
            None => match custom(api_version, kind) {
                Some(path) => serde_json::from_slice(&fs::read(path)?)?,
                None => return Ok(None),
            },
        };
        schema["$defs"] = Value::Object(self.definitions.clone());
        let validator = jsonschema::draft202012::new(&schema)
            .map_err(|error| anyhow::anyhow!("{error}"))
            .with_context(|| format!("the schema of {kind}"))?;
        let validator = Rc::new(validator);
        self.made.borrow_mut().insert(name, Rc::clone(&validator));
        Ok(Some(validator))
    }
}

fn custom(api_version: &str, kind: &str) -> Option<PathBuf> {
    let (group, version) = api_version.split_once('/')?;
    let file = format!("{group}/{}-{version}.json", kind.to_lowercase());
    ["tests/schemas", OWN]
        .iter()
        .map(|folder| repository().join(folder).join(&file))
        .find(|path| path.is_file())
}
