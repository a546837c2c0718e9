//! `gateway.networking.k8s.io`: <https://gateway-api.sigs.k8s.io/reference/spec/>.

use serde::Serialize;

use super::Kind;

/// Requests for host names to backends.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HttpRouteSpec {
    pub(crate) parent_refs: Vec<ParentRef>,
    pub(crate) hostnames: Vec<String>,
    pub(crate) rules: Vec<Rule>,
}

impl Kind for HttpRouteSpec {
    const KIND: (&'static str, &'static str) = ("gateway.networking.k8s.io/v1", "HTTPRoute");
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParentRef {
    pub(crate) name: String,
    pub(crate) namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) section_name: Option<&'static str>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) matches: Vec<Match>,
    pub(crate) filters: Vec<Filter>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) backend_refs: Vec<BackendRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeouts: Option<Timeouts>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Match {
    pub(crate) path: PathMatch,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct PathMatch {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) value: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub(crate) enum Filter {
    #[serde(rename = "URLRewrite", rename_all = "camelCase")]
    UrlRewrite { url_rewrite: HostRewrite },
    #[serde(rename_all = "camelCase")]
    RequestHeaderModifier {
        request_header_modifier: HeaderModifier,
    },
    #[serde(rename_all = "camelCase")]
    RequestRedirect { request_redirect: Redirect },
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct HostRewrite {
    pub(crate) hostname: String,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeaderModifier {
    pub(crate) set: Vec<Header>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Header {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Redirect {
    pub(crate) scheme: &'static str,
    pub(crate) status_code: u16,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct BackendRef {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) port: u16,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Timeouts {
    pub(crate) request: &'static str,
}
