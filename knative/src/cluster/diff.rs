//! What a release would change.

use serde::Serialize;
use serde_json::Value;
use similar::TextDiff;

use super::api::Api;
use super::catalog::{Catalog, Item};
use super::error::Result;
use super::kinds::Prune;
use super::objects::Apply;
use super::own::snapshot;
use super::prune;
use crate::object::Stage;
use crate::render::yaml;

/// An object that a release would make otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What would become of it.
    pub action: Action,
    /// A unified diff of its YAML, from what is live to what would be.
    pub diff: String,
}

/// What would become of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is not there yet.
    Create,
    /// It differs.
    Change,
    /// It is in the release no more.
    Delete,
}

/// Compares `items` with what is live, by the API server's own reckoning: a dry run
/// has every default in it. Jobs are not compared.
pub(crate) async fn changes(
    api: &Api,
    catalog: &Catalog,
    app: &str,
    items: &[Item],
    namespace_is_missing: bool,
) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for item in items.iter().filter(|item| item.stage != Stage::Migration) {
        let kind = item.resource.kind.as_ref();
        if namespace_is_missing {
            changes.extend(change(kind, item.name(), None, Some(&item.value)));
            continue;
        }
        let live = api.get(&item.resource, item.name()).await?;
        let how = Apply {
            dry_run: true,
            // What others manage shows as a difference, not as an error.
            force: true,
        };
        let then = api.apply(&item.resource, &item.value, how).await?;
        changes.extend(change(kind, item.name(), live.as_ref(), Some(&then)));
    }
    if !namespace_is_missing {
        for stray in prune::strays(api, catalog, app, items).await? {
            if stray.prune == Prune::Delete {
                let name = super::objects::name(&stray.object);
                let kind = stray.resource.kind.as_ref();
                changes.extend(change(kind, name, Some(&stray.object), None));
            }
        }
    }
    Ok(changes)
}

/// The change from one state of an object to another; `None` when there is none.
fn change(kind: &str, name: &str, live: Option<&Value>, then: Option<&Value>) -> Option<Change> {
    let action = match (live, then) {
        (None, _) => Action::Create,
        (_, None) => Action::Delete,
        _ => Action::Change,
    };
    let text = |object: Option<&Value>| object.map(|o| yaml(&shown(o))).unwrap_or_default();
    let (from, to) = (text(live), text(then));
    if from == to {
        return None;
    }
    let diff = TextDiff::from_lines(&from, &to)
        .unified_diff()
        .context_radius(3)
        .header(
            &format!("{kind}/{name} live"),
            &format!("{kind}/{name} released"),
        )
        .to_string();
    Some(Change {
        kind: kind.to_owned(),
        name: name.to_owned(),
        action,
        diff,
    })
}

/// An object without what the cluster adds, and without secret values.
fn shown(object: &Value) -> Value {
    let mut shown = snapshot(object);
    if shown["kind"] == "Secret" {
        for part in ["data", "stringData"] {
            let values = shown.get_mut(part).and_then(Value::as_object_mut);
            for (_, value) in values.into_iter().flatten() {
                *value = "(not shown)".into();
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(version: &str, image: &str) -> Value {
        json!({
            "kind": "Deployment",
            "metadata": { "name": "relay", "resourceVersion": version, "generation": 1 },
            "spec": { "image": image },
            "status": { "replicas": version },
        })
    }

    #[test]
    fn what_the_cluster_keeps_for_itself_is_no_change() {
        let (live, then) = (object("1", "a"), object("2", "a"));
        assert_eq!(
            change("Deployment", "relay", Some(&live), Some(&then)),
            None
        );
    }

    #[test]
    fn a_change_shows_both_sides() {
        let (live, then) = (object("1", "a"), object("2", "b"));
        let change = change("Deployment", "relay", Some(&live), Some(&then)).unwrap();
        assert_eq!(change.action, Action::Change);
        assert!(
            change.diff.contains("-  image: a\n+  image: b\n"),
            "{}",
            change.diff
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let secret = json!({ "kind": "Secret", "metadata": {}, "data": { "key": "aHVzaA==" } });
        let change = change("Secret", "s", None, Some(&secret)).unwrap();
        assert!(!change.diff.contains("aHVzaA"), "{}", change.diff);
    }
}
