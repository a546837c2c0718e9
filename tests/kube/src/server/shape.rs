//! What a schema says about how a value merges.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>

use serde_json::{Map, Value};

/// A place in a schema. Nothing is known below a place that the schema leaves open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    root: &'a Value,
    node: &'a Value,
}

/// How the items of a list are told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum List<'a> {
    /// They are not: the list is one value.
    Atomic,
    /// By their value.
    Set,
    /// By the values of these keys.
    Map(Vec<&'a str>),
}

impl<'a> Shape<'a> {
    pub(super) fn new(root: &'a Value) -> Self {
        Self { root, node: root }.resolved()
    }

    pub(super) fn field(self, key: &str) -> Self {
        let listed = self.node["properties"].get(key);
        self.at(listed.unwrap_or(&self.node["additionalProperties"]))
    }

    pub(super) fn items(self) -> Self {
        self.at(&self.node["items"])
    }

    pub(super) fn list(self) -> List<'a> {
        match self.node["x-kubernetes-list-type"].as_str() {
            Some("set") => List::Set,
            Some("map") => {
                let keys = self.node["x-kubernetes-list-map-keys"].as_array();
                let keys = keys.into_iter().flatten();
                List::Map(keys.filter_map(Value::as_str).collect())
            }
            _ => List::Atomic,
        }
    }

    /// Whether an object is one value.
    pub(super) fn is_atomic(self) -> bool {
        self.node["x-kubernetes-map-type"] == "atomic"
    }

    fn at(self, node: &'a Value) -> Self {
        Self { node, ..self }.resolved()
    }

    fn resolved(mut self) -> Self {
        while let Some(reference) = self.node["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            self.node = self.root.pointer(pointer).unwrap_or(&Value::Null);
        }
        self
    }
}

/// What an item of a list is told by: its keys with their values.
pub(super) fn key_of(item: &Value, keys: &[&str]) -> Map<String, Value> {
    let value = |key: &str| match item.get(key) {
        // The one key that has a default: of ports.
        None if key == "protocol" => Value::from("TCP"),
        None => Value::Null,
        Some(value) => value.clone(),
    };
    keys.iter()
        .map(|key| ((*key).to_owned(), value(key)))
        .collect()
}

/// Whether an item is the one of these keys.
pub(super) fn is_of_key(item: &Value, key: &Map<String, Value>) -> bool {
    let keys: Vec<&str> = key.keys().map(String::as_str).collect();
    key_of(item, &keys) == *key
}
