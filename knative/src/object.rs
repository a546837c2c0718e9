//! One Kubernetes object, as it is rendered and applied.

use serde::Serialize;
use serde_json::Value;

/// When in a release an object is applied: in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// What everything else stands on, and what a running release does not mind:
    /// service accounts, policies, topics.
    Ground,
    /// Jobs that have to finish before traffic moves. They end by themselves, so
    /// they are neither compared nor pruned.
    Migration,
    /// Knative services: one per function or group of functions, and the edge.
    Service,
    /// What brings events and ticks: the relay, or sources of Knative.
    Delivery,
    /// What leads requests from outside to the services.
    Route,
}

/// A Kubernetes object, complete: `apiVersion`, `kind`, `metadata` and the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Object {
    /// When it is applied.
    pub stage: Stage,
    /// The object itself.
    pub value: Value,
}

/// The group of an `apiVersion`; empty for the core group.
pub(crate) fn group_of(api_version: &str) -> &str {
    api_version
        .split_once('/')
        .map_or("", |(group, _version)| group)
}

impl Object {
    /// `apiVersion`, such as `serving.knative.dev/v1`.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// `metadata.namespace`; empty for what belongs to no namespace.
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// Its namespace, where that is another one than an application's: Strimzi keeps
    /// topics where its brokers are.
    pub(crate) fn elsewhere(&self, namespace: &str) -> Option<&str> {
        let own = self.namespace();
        (!["", namespace].contains(&own)).then_some(own)
    }

    fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }
}
