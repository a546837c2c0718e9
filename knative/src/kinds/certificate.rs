//! `cert-manager.io`: <https://cert-manager.io/docs/reference/api-docs/>.

use serde::Serialize;

use super::Kind;

/// A certificate that cert-manager keeps in a Secret.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CertificateSpec {
    pub(crate) secret_name: String,
    pub(crate) dns_names: Vec<String>,
    pub(crate) issuer_ref: IssuerRef,
}

impl Kind for CertificateSpec {
    const KIND: (&'static str, &'static str) = ("cert-manager.io/v1", "Certificate");
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct IssuerRef {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
}
