//! Sets of fields, in which managers own what they have written.
//!
//! Written down as Kubernetes does (`FieldsV1`): `f:` before a key, `k:` before the keys
//! that tell an item of a list, `v:` before the value that does.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::shape::{List, Shape, is_of_key, key_of};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Field(String),
    /// The keys of an item, as JSON.
    Key(String),
    /// An item of a set, as JSON.
    Item(String),
}

/// From the object to one of its values.
pub(super) type Path = Vec<Step>;

/// Paths to values that have no fields of their own, and to items of lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(pub(super) BTreeSet<Path>);

impl Fields {
    /// All of an object.
    pub(super) fn of(object: &Value, shape: Shape<'_>) -> Self {
        let mut fields = Self::default();
        fields.collect(object, shape, &mut Vec::new());
        fields
    }

    fn collect(&mut self, value: &Value, shape: Shape<'_>, path: &mut Path) {
        match value {
            Value::Object(members) if !members.is_empty() && !shape.is_atomic() => {
                for (key, member) in members {
                    path.push(Step::Field(key.clone()));
                    self.collect(member, shape.field(key), path);
                    path.pop();
                }
            }
            Value::Array(items) if !items.is_empty() && shape.list() != List::Atomic => {
                for item in items {
                    if let List::Map(keys) = shape.list() {
                        path.push(Step::Key(Value::Object(key_of(item, &keys)).to_string()));
                        self.collect(item, shape.items(), path);
                    } else {
                        path.push(Step::Item(item.to_string()));
                    }
                    self.0.insert(path.clone());
                    path.pop();
                }
            }
            _ => {
                self.0.insert(path.clone());
            }
        }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut tree = json!({});
        for path in &self.0 {
            let mut node = &mut tree;
            for step in path {
                let key = match step {
                    Step::Field(key) => format!("f:{key}"),
                    Step::Key(key) => format!("k:{key}"),
                    Step::Item(item) => format!("v:{item}"),
                };
                node = node
                    .as_object_mut()
                    .map(|members| members.entry(key).or_insert_with(|| json!({})))
                    .expect("every node is an object");
            }
            if matches!(path.last(), Some(Step::Key(_))) {
                node["."] = json!({});
            }
        }
        tree
    }

    pub(super) fn from_json(tree: &Value) -> Self {
        let mut fields = Self::default();
        fields.read(tree, &mut Vec::new());
        fields
    }

    fn read(&mut self, node: &Value, path: &mut Path) {
        let members = node.as_object().into_iter().flatten();
        let mut leaf = true;
        for (key, below) in members {
            leaf = false;
            let step = match key.split_once(':') {
                Some(("f", key)) => Step::Field(key.to_owned()),
                Some(("k", key)) => Step::Key(key.to_owned()),
                Some(("v", item)) => Step::Item(item.to_owned()),
                _ => {
                    self.0.insert(path.clone());
                    continue;
                }
            };
            path.push(step);
            self.read(below, path);
            path.pop();
        }
        if leaf && !path.is_empty() {
            self.0.insert(path.clone());
        }
    }
}

/// The value at a path.
pub(super) fn get<'a>(object: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(object, |value, step| match step {
        Step::Field(key) => value.get(key),
        _ => value.as_array()?.iter().find(|item| is_at(item, step)),
    })
}

/// Takes the value at a path away, with what holds nothing else.
pub(super) fn remove(object: &mut Value, path: &[Step]) {
    let Some((step, below)) = path.split_first() else {
        return;
    };
    match (object, step) {
        (Value::Object(members), Step::Field(key)) => {
            let Some(member) = members.get_mut(key) else {
                return;
            };
            remove(member, below);
            if below.is_empty() || is_empty(member) {
                members.remove(key);
            }
        }
        (Value::Array(items), step) => {
            if below.is_empty() {
                items.retain(|item| !is_at(item, step));
            } else if let Some(item) = items.iter_mut().find(|item| is_at(item, step)) {
                remove(item, below);
            }
        }
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

fn is_at(item: &Value, step: &Step) -> bool {
    match step {
        Step::Field(_) => false,
        Step::Key(key) => serde_json::from_str(key).is_ok_and(|key| is_of_key(item, &key)),
        Step::Item(text) => serde_json::from_str(text).is_ok_and(|value: Value| value == *item),
    }
}

/// `.spec.containers[name="a"].image`, as Kubernetes writes it in a conflict.
pub(super) fn display(path: &[Step]) -> String {
    let step = |step: &Step| match step {
        Step::Field(key) => format!(".{key}"),
        Step::Item(item) => format!("[={item}]"),
        Step::Key(key) => {
            let keys: Map<String, Value> = serde_json::from_str(key).unwrap_or_default();
            let keys: Vec<String> = keys.iter().map(|(key, it)| format!("{key}={it}")).collect();
            format!("[{}]", keys.join(","))
        }
    };
    path.iter().map(step).collect()
}
