//! `serving.knative.dev`: <https://knative.dev/docs/serving/reference/serving-api/>.

use k8s_openapi::api::core::v1::{
    Container, LocalObjectReference, TopologySpreadConstraint, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use super::Kind;

/// A Service: a template of revisions, and who gets the traffic.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ServiceSpec {
    pub(crate) template: RevisionTemplate,
    pub(crate) traffic: Vec<TrafficTarget>,
}

impl Kind for ServiceSpec {
    const KIND: (&'static str, &'static str) = ("serving.knative.dev/v1", "Service");
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct RevisionTemplate {
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: RevisionSpec,
}

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevisionSpec {
    pub(crate) service_account_name: String,
    pub(crate) enable_service_links: bool,
    pub(crate) automount_service_account_token: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) image_pull_secrets: Vec<LocalObjectReference>,
    /// Requests at once that a pod is given at most; 0 is no bound.
    pub(crate) container_concurrency: i64,
    /// Seconds from a request's arrival to the end of its answer.
    pub(crate) timeout_seconds: i64,
    /// Seconds to the answer's first byte.
    pub(crate) response_start_timeout_seconds: i64,
    pub(crate) containers: Vec<Container>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) volumes: Vec<Volume>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TrafficTarget {
    pub(crate) revision_name: String,
    pub(crate) percent: i64,
    pub(crate) latest_revision: bool,
}

/// A host name of one's own for a Service.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DomainMappingSpec {
    #[serde(rename = "ref")]
    pub(crate) service: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tls: Option<SecretTls>,
}

impl Kind for DomainMappingSpec {
    const KIND: (&'static str, &'static str) = ("serving.knative.dev/v1beta1", "DomainMapping");
}

/// Another object of the same namespace.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}

impl Reference {
    /// A Knative Service.
    pub(crate) fn service(name: String) -> Self {
        let (api_version, kind) = ServiceSpec::KIND;
        Self {
            api_version,
            kind,
            name,
        }
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecretTls {
    pub(crate) secret_name: String,
}
