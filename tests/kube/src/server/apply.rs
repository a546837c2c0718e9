//! Server-side apply.
//!
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/>

use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::fields::{self, Fields};
use super::managers::{self, Owner, Writer};
use super::shape::{List, Shape, is_of_key, key_of};

/// One application of a manager's fields.
pub(super) struct Apply<'a> {
    pub(super) writer: &'a Writer,
    /// Whether other managers lose what they own.
    pub(super) force: bool,
    pub(super) shape: Shape<'a>,
    pub(super) now: &'a str,
}

impl Apply<'_> {
    /// The object as it is after that. What the manager has applied before and does not
    /// now is gone, unless others own it.
    ///
    /// # Errors
    /// Another manager owns a field that would get another value, and there is no force.
    pub(super) fn to(&self, live: Option<&Value>, applied: &Value) -> Result<Value, Refusal> {
        let base = live.cloned().unwrap_or_else(|| json!({}));
        let wanted = managers::ownable(applied, self.shape);
        let mut owners = managers::read(&base);
        self.take_over(&mut owners, &base, applied, &wanted)?;

        let mut merged = merge(Some(base), applied, self.shape);
        let api_version = applied["apiVersion"].as_str().unwrap_or_default();
        let own = managers::of(&mut owners, self.writer, api_version);
        let before = std::mem::replace(own, wanted);
        let given_up = before
            .0
            .iter()
            .filter(|path| !owners.iter().any(|owner| owner.fields.0.contains(*path)));
        // Items go with the fields that others have in them, so these hold them.
        let held = |path: &[fields::Step]| {
            let mut all = owners.iter().flat_map(|owner| &owner.fields.0);
            all.any(|each| each.len() > path.len() && each.starts_with(path))
        };
        for path in given_up {
            if !held(path) {
                fields::remove(&mut merged, path);
            }
        }
        managers::write(&mut merged, owners, self.now);
        Ok(merged)
    }

    fn take_over(
        &self,
        owners: &mut [Owner],
        live: &Value,
        applied: &Value,
        wanted: &Fields,
    ) -> Result<(), Refusal> {
        let mut causes = Vec::new();
        for owner in owners {
            if owner.writer == *self.writer {
                continue;
            }
            let lost = |path: &fields::Path| {
                let is_item = matches!(path.last(), Some(fields::Step::Key(_)));
                wanted.0.contains(path)
                    && !is_item
                    && fields::get(live, path) != fields::get(applied, path)
            };
            for path in owner.fields.0.iter().filter(|path| lost(path)) {
                let manager = &owner.writer.manager;
                causes.push(json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with \"{manager}\""),
                    "field": fields::display(path),
                }));
            }
            if self.force {
                owner.fields.0.retain(|path| !lost(path));
            }
        }
        if self.force || causes.is_empty() {
            return Ok(());
        }
        let listed: Vec<String> = causes
            .iter()
            .map(|cause| format!("{}: {}", cause["message"], cause["field"]).replace("\\\"", "'"))
            .collect();
        let (count, s) = (causes.len(), if causes.len() == 1 { "" } else { "s" });
        let message = format!(
            "Apply failed with {count} conflict{s}: {}",
            listed.join(", ")
        );
        let mut refusal = Refusal::new(409, "Conflict", message);
        refusal.causes = causes;
        Err(refusal)
    }
}

/// What is applied over what is there.
fn merge(live: Option<Value>, applied: &Value, shape: Shape<'_>) -> Value {
    match (live, applied) {
        (Some(Value::Object(mut live)), Value::Object(applied)) if !shape.is_atomic() => {
            for (key, value) in applied {
                let merged = merge(live.remove(key), value, shape.field(key));
                live.insert(key.clone(), merged);
            }
            Value::Object(live)
        }
        (Some(Value::Array(live)), Value::Array(applied)) => match shape.list() {
            List::Atomic => Value::from(applied.clone()),
            List::Set => {
                let others = live.into_iter().filter(|item| !applied.contains(item));
                applied.iter().cloned().chain(others).collect()
            }
            List::Map(keys) => merge_items(live, applied, &keys, shape.items()),
        },
        _ => applied.clone(),
    }
}

/// In the order that is applied; items that are not follow.
fn merge_items(mut live: Vec<Value>, applied: &[Value], keys: &[&str], shape: Shape<'_>) -> Value {
    let mut merged = Vec::with_capacity(applied.len());
    for item in applied {
        let key: Map<String, Value> = key_of(item, keys);
        let known = live.iter().position(|item| is_of_key(item, &key));
        let known = known.map(|index| live.remove(index));
        merged.push(merge(known, item, shape));
    }
    merged.extend(live);
    Value::from(merged)
}
