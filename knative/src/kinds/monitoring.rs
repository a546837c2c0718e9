//! `monitoring.coreos.com`: <https://prometheus-operator.dev/docs/api-reference/api/>.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde::Serialize;

use super::Kind;

/// Pods that Prometheus reads from.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodMonitorSpec {
    pub(crate) selector: LabelSelector,
    pub(crate) pod_target_labels: Vec<&'static str>,
    pub(crate) pod_metrics_endpoints: Vec<Endpoint>,
}

impl Kind for PodMonitorSpec {
    const KIND: (&'static str, &'static str) = ("monitoring.coreos.com/v1", "PodMonitor");
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoint {
    pub(crate) port_number: u16,
    pub(crate) path: &'static str,
    pub(crate) interval: &'static str,
}
