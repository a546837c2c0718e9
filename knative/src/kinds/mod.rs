//! The kinds of Kubernetes that are not Kubernetes' own, as far as they are written
//! here. The field names are those of their CustomResourceDefinitions.

pub(crate) mod certificate;
pub(crate) mod dapr;
pub(crate) mod eventing;
pub(crate) mod gateway;
pub(crate) mod kafka;
pub(crate) mod monitoring;
pub(crate) mod serving;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

/// An object: its kind, its name and what it is to be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Resource<S> {
    pub(crate) api_version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) metadata: ObjectMeta,
    pub(crate) spec: S,
}

/// A specification that is of one kind.
pub(crate) trait Kind: Serialize + Sized {
    /// Its `apiVersion` and `kind`.
    const KIND: (&'static str, &'static str);

    /// The object of this name with this specification.
    fn object(self, metadata: ObjectMeta) -> Resource<Self> {
        let (api_version, kind) = Self::KIND;
        Resource {
            api_version,
            kind,
            metadata,
            spec: self,
        }
    }
}
