//! A schema of one number only ever grows members that are not required: readers
//! of the last release understand what is written now, and readers of now what was
//! written then and still lies in a topic. `schemas/released` is the last release's.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::named;

/// What a program does not look at.
const ANNOTATIONS: [&str; 4] = ["title", "description", "examples", "$comment"];

/// What of `new` breaks somebody who knows `old`, by JSON pointer.
fn breaks(old: &Value, new: &Value, place: &str) -> Vec<String> {
    let (Value::Object(old), Value::Object(new)) = (old, new) else {
        return if old == new {
            Vec::new()
        } else {
            vec![place.to_owned()]
        };
    };
    let mut found = Vec::new();
    for key in keywords(old, new) {
        let (was, is) = (old.get(key), new.get(key));
        match (key.as_str(), was, is) {
            ("properties", Some(was), Some(is)) => {
                found.extend(properties(was, is, &format!("{place}/properties")));
            }
            ("items", Some(was), Some(is)) => {
                found.extend(breaks(was, is, &format!("{place}/items")));
            }
            ("required", was, is) if sorted(was) == sorted(is) => {}
            (_, was, is) if was == is => {}
            _ => found.push(format!("{place}/{key}")),
        }
    }
    found
}

/// A member may be new, none may go, and each has to stay what it was.
fn properties(old: &Value, new: &Value, place: &str) -> Vec<String> {
    let members = old.as_object().into_iter().flatten();
    members
        .flat_map(|(name, was)| breaks(was, &new[name], &format!("{place}/{name}")))
        .collect()
}

fn keywords<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> Vec<&'a String> {
    let mut keys: Vec<_> = old.keys().chain(new.keys()).collect();
    keys.sort();
    keys.dedup();
    keys.retain(|key| !ANNOTATIONS.contains(&key.as_str()));
    keys
}

fn sorted(required: Option<&Value>) -> Vec<&str> {
    let names = required.and_then(Value::as_array).into_iter().flatten();
    let mut names: Vec<_> = names.filter_map(Value::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_schema_of_the_last_release_is_there_and_fits_its_readers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/released");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let now = named(name).unwrap_or_else(|| panic!("{name} was released and is gone"));
        let released: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let found = breaks(&released, &serde_json::from_str(now.text).unwrap(), "");
        assert!(
            found.is_empty(),
            "{name}: {found:?} changed since the release; give the schema a new number"
        );
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn a_change_that_breaks_somebody_is_seen() {
    let old = json!({
        "type": "object", "required": ["a"],
        "properties": {
            "a": {"type": "string", "maxLength": 5},
            "b": {"type": "array", "items": {"enum": ["x"]}},
            "c": {"type": "object", "required": ["d"], "properties": {"d": {"const": 1}}},
        },
    });
    for (change, place) in [
        (json!({"required": []}), "/required"),
        (json!({"required": ["a", "b"]}), "/required"),
        (
            json!({"additionalProperties": false}),
            "/additionalProperties",
        ),
        (json!({"properties": {"a": null}}), "/properties/a"),
        (
            json!({"properties": {"a": {"type": "integer"}}}),
            "/properties/a/type",
        ),
        (
            json!({"properties": {"a": {"type": ["string", "null"]}}}),
            "/properties/a/type",
        ),
        (
            json!({"properties": {"a": {"maxLength": 6}}}),
            "/properties/a/maxLength",
        ),
        (
            json!({"properties": {"b": {"items": {"enum": ["x", "y"]}}}}),
            "/properties/b/items/enum",
        ),
        (
            json!({"properties": {"c": {"required": ["d", "e"]}}}),
            "/properties/c/required",
        ),
        (
            json!({"properties": {"c": {"properties": {"d": {"const": 2}}}}}),
            "/properties/c/properties/d/const",
        ),
    ] {
        let mut new = old.clone();
        merge(&mut new, &change);
        assert_eq!(breaks(&old, &new, ""), [place], "{change}");
    }
}

#[test]
fn a_new_member_and_better_words_break_nobody() {
    let old = json!({"type": "object", "required": ["a", "b"], "properties": {"a": {}, "b": {}}});
    let new = json!({
        "type": "object", "required": ["b", "a"], "description": "More.",
        "properties": {"a": {"description": "First."}, "b": {}, "c": {"type": "string"}},
    });
    assert_eq!(breaks(&old, &new, ""), [""; 0]);
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    for (name, value) in patch {
        if value.is_null() {
            target.as_object_mut().unwrap().remove(name);
        } else {
            merge(&mut target[name], value);
        }
    }
}
