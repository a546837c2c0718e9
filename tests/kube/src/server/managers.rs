//! Who owns which fields: `metadata.managedFields`.

use serde_json::{Value, json};

use super::fields::{self, Fields};
use super::shape::Shape;

/// What a writer calls itself, and how and where it writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) manager: String,
    /// By server-side apply, or otherwise.
    pub(super) applies: bool,
    pub(super) subresource: Option<String>,
}

/// One entry of the list.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) writer: Writer,
    pub(super) fields: Fields,
    entry: Value,
}

/// What never belongs to a manager.
const UNOWNED: [&str; 9] = [
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "name",
    "namespace",
    "resourceVersion",
    "selfLink",
    "uid",
];

/// The fields of an object that can belong to somebody.
pub(super) fn ownable(object: &Value, shape: Shape<'_>) -> Fields {
    let mut object = object.clone();
    if let Some(members) = object.as_object_mut() {
        members.retain(|key, _| key != "apiVersion" && key != "kind");
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.retain(|key, _| !UNOWNED.contains(&key.as_str()));
        if metadata.is_empty() {
            object
                .as_object_mut()
                .map(|members| members.remove("metadata"));
        }
    }
    let mut fields = Fields::of(&object, shape);
    fields.0.remove(&Vec::new());
    fields
}

pub(super) fn read(object: &Value) -> Vec<Owner> {
    let entries = object["metadata"]["managedFields"].as_array();
    let owner = |entry: &Value| Owner {
        writer: Writer {
            manager: entry["manager"].as_str().unwrap_or_default().to_owned(),
            applies: entry["operation"] == "Apply",
            subresource: entry["subresource"].as_str().map(str::to_owned),
        },
        fields: Fields::from_json(&entry["fieldsV1"]),
        entry: entry.clone(),
    };
    entries.into_iter().flatten().map(owner).collect()
}

/// The fields of a writer; it is entered when it had none.
pub(super) fn of<'a>(
    owners: &'a mut Vec<Owner>,
    writer: &Writer,
    api_version: &str,
) -> &'a mut Fields {
    let known = owners.iter().position(|owner| owner.writer == *writer);
    let index = known.unwrap_or(owners.len());
    if known.is_none() {
        owners.push(Owner {
            writer: writer.clone(),
            fields: Fields::default(),
            entry: json!({ "apiVersion": api_version }),
        });
    }
    &mut owners[index].fields
}

/// Writes the list down. Those who own nothing any more leave it; the time of those whose
/// fields are as before stays.
pub(super) fn write(object: &mut Value, owners: Vec<Owner>, now: &str) {
    let entries: Vec<Value> = owners
        .into_iter()
        .filter(|owner| !owner.fields.0.is_empty())
        .map(|owner| owner.written(now))
        .collect();
    object["metadata"]["managedFields"] = Value::from(entries);
}

impl Owner {
    fn written(self, now: &str) -> Value {
        let fields = self.fields.to_json();
        if self.entry["fieldsV1"] == fields {
            return self.entry;
        }
        let operation = if self.writer.applies {
            "Apply"
        } else {
            "Update"
        };
        let mut entry = json!({
            "manager": self.writer.manager, "operation": operation,
            "apiVersion": self.entry["apiVersion"], "time": now,
            "fieldsType": "FieldsV1", "fieldsV1": fields,
        });
        if let Some(subresource) = self.writer.subresource {
            entry["subresource"] = Value::from(subresource);
        }
        entry
    }
}

/// After a write other than server-side apply: what it has changed is the writer's, and
/// nobody's what is gone.
pub(super) fn updated(
    before: Option<&Value>,
    object: &mut Value,
    writer: &Writer,
    shape: Shape<'_>,
    now: &str,
) {
    let nothing = json!({});
    let before = before.unwrap_or(&nothing);
    let here = ownable(object, shape);
    let changed: Vec<_> = here
        .0
        .iter()
        .filter(|path| fields::get(before, path) != fields::get(object, path))
        .filter(|path| !holds_keyed(path) || fields::get(before, path).is_none())
        .cloned()
        .collect();
    let mut owners = read(before);
    for owner in &mut owners {
        owner
            .fields
            .0
            .retain(|path| fields::get(object, path).is_some() && !changed.contains(path));
    }
    let api_version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    of(&mut owners, writer, &api_version).0.extend(changed);
    write(object, owners, now);
}

/// Whether a path leads to an item that has fields of its own.
fn holds_keyed(path: &[fields::Step]) -> bool {
    matches!(path.last(), Some(fields::Step::Key(_)))
}
