//! `dapr.io`: <https://docs.dapr.io/reference/resource-specs/component-schema/>.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// A component: something that sidecars offer to applications. Who may use it stands
/// beside its specification.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Component {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: ComponentSpec,
    /// The ids of the applications that see it.
    pub(crate) scopes: Vec<String>,
}

impl Component {
    pub(crate) const KIND: (&'static str, &'static str) = ("dapr.io/v1alpha1", "Component");
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct ComponentSpec {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) version: &'static str,
    pub(crate) metadata: Vec<Setting>,
}

/// One setting, with its value or where that is.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    #[serde(flatten)]
    pub(crate) value: SettingValue,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SettingValue {
    Value(String),
    SecretKeyRef { name: String, key: String },
}
