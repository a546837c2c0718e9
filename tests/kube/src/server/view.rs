//! How objects are shown to a client.

use serde_json::{Value, json};

use crate::kinds::Kind;

/// The form that a client has asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) kind: &'static Kind,
    pub(super) version: &'static str,
    /// Only the metadata (`PartialObjectMetadata`).
    pub(super) metadata: bool,
}

impl View {
    pub(super) fn of(&self, object: &Value) -> Value {
        if self.metadata {
            return json!({
                "apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
                "metadata": object["metadata"],
            });
        }
        let mut object = object.clone();
        object["apiVersion"] = self.kind.api_version(self.version).into();
        object
    }

    /// A list of them. Items of built-in kinds don't say what they are, as with a real
    /// API server.
    pub(super) fn list<'a>(&self, objects: impl Iterator<Item = &'a Value>, version: u64) -> Value {
        let built_in = !self.kind.group.contains('.')
            || (self.kind.group.ends_with(".k8s.io") && !self.kind.group.starts_with("gateway."));
        let item = |object: &Value| {
            let mut item = self.of(object);
            if let (true, Some(members)) = (built_in && !self.metadata, item.as_object_mut()) {
                members.retain(|key, _| key != "apiVersion" && key != "kind");
            }
            item
        };
        let (api_version, kind) = if self.metadata {
            (
                "meta.k8s.io/v1".to_owned(),
                "PartialObjectMetadataList".to_owned(),
            )
        } else {
            let api_version = self.kind.api_version(self.version);
            (api_version, format!("{}List", self.kind.kind))
        };
        json!({
            "apiVersion": api_version, "kind": kind,
            "metadata": { "resourceVersion": version.to_string() },
            "items": objects.map(item).collect::<Vec<_>>(),
        })
    }
}
