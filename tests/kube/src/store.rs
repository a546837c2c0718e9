//! The objects, and everything that ever became of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kinds::{self, KINDS, Kind};
use crate::selector::Selector;

/// What happened to one object.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// The `resourceVersion` that it made.
    pub(crate) version: u64,
    pub(crate) kind: &'static Kind,
    pub(crate) before: Option<Arc<Value>>,
    /// `None` when it was deleted.
    pub(crate) after: Option<Arc<Value>>,
}

/// Group, plural, namespace, name.
type Key = (&'static str, &'static str, String, String);

/// What a cluster keeps in etcd. Versions of objects are counted together, as there.
#[derive(Debug, Default)]
pub(crate) struct Store {
    version: u64,
    objects: BTreeMap<Key, Arc<Value>>,
    events: Vec<Event>,
}

fn key(kind: &'static Kind, namespace: &str, name: &str) -> Key {
    let namespace = if kind.namespaced { namespace } else { "" };
    (
        kind.group,
        kind.plural,
        namespace.to_owned(),
        name.to_owned(),
    )
}

/// `metadata.name` and the like; empty where there is none.
pub(crate) fn meta<'a>(object: &'a Value, key: &str) -> &'a str {
    object["metadata"][key].as_str().unwrap_or_default()
}

/// The time as Kubernetes writes it.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Store {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn get(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Option<Arc<Value>> {
        self.objects.get(&key(kind, namespace, name)).cloned()
    }

    /// Of one namespace, or of all when it is empty, by name.
    pub(crate) fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &Selector,
    ) -> Vec<Arc<Value>> {
        let first = key(kind, namespace, "");
        let of_kind = self.objects.range(first..).take_while(|(key, _)| {
            (key.0, key.1) == (kind.group, kind.plural)
                && (namespace.is_empty() || key.2 == namespace)
        });
        of_kind
            .map(|(_, object)| object)
            .filter(|object| selector.matches(object))
            .cloned()
            .collect()
    }

    /// What happened after a version.
    pub(crate) fn since(&self, version: u64) -> &[Event] {
        let known = self
            .events
            .partition_point(|event| event.version <= version);
        &self.events[known..]
    }

    /// Stores an object, and what an API server adds to its metadata. Nothing happens when
    /// it is there already just so.
    pub(crate) fn put(&mut self, kind: &'static Kind, mut object: Value) -> Arc<Value> {
        let key = key(kind, meta(&object, "namespace"), meta(&object, "name"));
        let before = self.objects.get(&key).cloned();
        stamp(kind, &mut object, before.as_deref());
        if let Some(before) = &before
            && **before == object
        {
            return before.clone();
        }
        if is_let_go(&object) {
            self.remove(&key, object.clone());
            return Arc::new(object);
        }
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        let object = Arc::new(object);
        self.objects.insert(key, object.clone());
        self.record(kind, before, Some(object.clone()));
        object
    }

    /// Deletes an object and, unless they are to be orphans, what it owns. One that has
    /// finalizers is only marked.
    pub(crate) fn delete(
        &mut self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
        orphan: bool,
    ) -> Option<Arc<Value>> {
        let key = key(kind, namespace, name);
        let object = self.objects.get(&key)?.clone();
        let finalizers = object["metadata"]["finalizers"].as_array();
        if finalizers.is_some_and(|finalizers| !finalizers.is_empty()) {
            let mut marked = (*object).clone();
            if meta(&marked, "deletionTimestamp").is_empty() {
                marked["metadata"]["deletionTimestamp"] = now().into();
            }
            return Some(self.put(kind, marked));
        }
        self.remove(&key, (*object).clone());
        if (kind.group, kind.plural) == ("", "namespaces") {
            self.delete_all(orphan, |key, _| key.2 == name);
        }
        let uid = meta(&object, "uid").to_owned();
        self.delete_all(orphan, |_, object| !orphan && is_owned(object, &uid));
        Some(object)
    }

    fn delete_all(&mut self, orphan: bool, which: impl Fn(&Key, &Value) -> bool) {
        let doomed: Vec<Key> = self
            .objects
            .iter()
            .filter(|(key, object)| which(key, object))
            .map(|(key, _)| key.clone())
            .collect();
        for (group, plural, namespace, name) in doomed {
            let of_key = |kind: &&Kind| (kind.group, kind.plural) == (group, plural);
            if let Some(kind) = KINDS.iter().find(of_key) {
                self.delete(kind, &namespace, &name, orphan);
            }
        }
    }

    fn remove(&mut self, key: &Key, mut last: Value) {
        let Some(before) = self.objects.remove(key) else {
            return;
        };
        let api_version = last["apiVersion"].as_str().unwrap_or_default();
        let name = last["kind"].as_str().unwrap_or_default();
        let Some(kind) = kinds::of_object(api_version, name) else {
            return;
        };
        self.version += 1;
        last["metadata"]["resourceVersion"] = self.version.to_string().into();
        // The last state is what those who watch are shown.
        self.record(kind, Some(Arc::new(last)).or(Some(before)), None);
    }

    fn record(
        &mut self,
        kind: &'static Kind,
        before: Option<Arc<Value>>,
        after: Option<Arc<Value>>,
    ) {
        self.events.push(Event {
            version: self.version,
            kind,
            before,
            after,
        });
    }
}

fn is_owned(object: &Value, uid: &str) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|owners| owners.iter().any(|owner| owner["uid"] == uid))
}

/// Whether an object was only waiting for its finalizers.
fn is_let_go(object: &Value) -> bool {
    let finalizers = object["metadata"]["finalizers"].as_array();
    !meta(object, "deletionTimestamp").is_empty() && finalizers.is_none_or(Vec::is_empty)
}

/// What no client decides.
fn stamp(kind: &Kind, object: &mut Value, before: Option<&Value>) {
    let counts = !matches!(
        kind.group,
        "" | "coordination.k8s.io" | "rbac.authorization.k8s.io"
    );
    let Some(before) = before else {
        object["metadata"]["uid"] = Uuid::new_v4().to_string().into();
        object["metadata"]["creationTimestamp"] = now().into();
        if counts {
            object["metadata"]["generation"] = json!(1);
        }
        return;
    };
    for key in ["uid", "creationTimestamp", "resourceVersion"] {
        object["metadata"][key] = before["metadata"][key].clone();
    }
    if !meta(before, "deletionTimestamp").is_empty() {
        object["metadata"]["deletionTimestamp"] = before["metadata"]["deletionTimestamp"].clone();
    }
    if counts {
        let generation = before["metadata"]["generation"].as_u64().unwrap_or(1);
        let changed = u64::from(wish(object) != wish(before));
        object["metadata"]["generation"] = json!(generation + changed);
    }
}

/// What a generation counts the changes of.
fn wish(object: &Value) -> Vec<(&String, &Value)> {
    let members = object.as_object().into_iter().flatten();
    members
        .filter(|(key, _)| *key != "metadata" && *key != "status")
        .collect()
}
