//! How requests from outside find their services.

use std::collections::{BTreeMap, BTreeSet};

use spindrift_manifest::{HttpTarget, Route};

use super::meta::{meta, named};
use super::push;
use crate::kinds::Kind;
use crate::kinds::certificate::{CertificateSpec, IssuerRef};
use crate::kinds::gateway::{
    BackendRef, Filter, Header, HeaderModifier, HostRewrite, HttpRouteSpec, Match, ParentRef,
    PathMatch, Redirect, Rule, Timeouts,
};
use crate::kinds::serving::{DomainMappingSpec, Reference, SecretTls};
use crate::object::{Object, Stage};
use crate::plan::{EDGE, Plan};
use crate::profile::RoutingMode;

/// Matches that every implementation of the Gateway API takes in one rule.
const MATCHES: usize = 8;

/// Everything between the site's name and the services.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let Some(host) = &plan.profile.routing.host else {
        return;
    };
    match plan.profile.routing.mode {
        RoutingMode::Edge if plan.has_edge() => edge(plan, host, objects),
        RoutingMode::Gateway => gateway(plan, host, objects),
        RoutingMode::Edge | RoutingMode::None => {}
    }
}

/// The name leads to the edge, which Knative maps it to.
fn edge(plan: &Plan<'_>, host: &str, objects: &mut Vec<Object>) {
    let routing = &plan.profile.routing;
    let mut metadata = named(plan, host.to_owned(), EDGE);
    if routing.redirect && routing.tls_secret.is_some() {
        let redirected = (
            "networking.knative.dev/http-protocol".to_owned(),
            "Redirected".to_owned(),
        );
        metadata.annotations = Some([redirected].into());
    }
    let mapping = DomainMappingSpec {
        service: Reference::service(plan.name(EDGE)),
        tls: routing
            .tls_secret
            .clone()
            .map(|secret_name| SecretTls { secret_name }),
    };
    push(objects, Stage::Route, mapping.object(metadata));
    if let (Some(issuer), Some(secret)) = (&routing.issuer, &routing.tls_secret) {
        let certificate = CertificateSpec {
            secret_name: secret.clone(),
            dns_names: vec![host.to_owned()],
            issuer_ref: IssuerRef {
                kind: "ClusterIssuer",
                name: issuer.clone(),
            },
        };
        push(objects, Stage::Route, certificate.object(meta(plan, "tls")));
    }
}

/// A route for each service. It names the service as Knative's gateway knows it, so
/// that one at zero wakes; the name that was asked for goes along in a header.
fn gateway(plan: &Plan<'_>, host: &str, objects: &mut Vec<Object>) {
    let routing = &plan.profile.routing;
    let secure = routing.redirect.then_some("https");
    let mut matches: BTreeMap<&str, BTreeSet<PathMatch>> = BTreeMap::new();
    for trigger in &plan.app.http {
        if let (Some(route), HttpTarget::Component(id)) = (&trigger.route, &trigger.target) {
            matches
                .entry(&plan.routed[id])
                .or_default()
                .extend(paths(route));
        }
    }
    for (service, paths) in matches {
        let paths: Vec<PathMatch> = paths.into_iter().collect();
        let rule = |paths: &[PathMatch]| Rule {
            matches: paths
                .iter()
                .map(|path| Match { path: path.clone() })
                .collect(),
            filters: vec![
                Filter::RequestHeaderModifier {
                    request_header_modifier: HeaderModifier {
                        set: vec![Header {
                            name: "X-Forwarded-Host",
                            value: host.to_owned(),
                        }],
                    },
                },
                Filter::UrlRewrite {
                    url_rewrite: HostRewrite {
                        hostname: plan.local_host(service),
                    },
                },
            ],
            backend_refs: vec![BackendRef {
                name: routing.internal.name.clone(),
                namespace: routing.internal.namespace.clone(),
                port: routing.internal_port,
            }],
            // Streams and web sockets end when their ends do.
            timeouts: Some(Timeouts { request: "0s" }),
        };
        let spec = HttpRouteSpec {
            parent_refs: vec![parent(plan, secure)],
            hostnames: vec![host.to_owned()],
            rules: paths.chunks(MATCHES).map(rule).collect(),
        };
        push(objects, Stage::Route, spec.object(meta(plan, service)));
    }
    if routing.redirect {
        push(
            objects,
            Stage::Route,
            redirect(plan, host).object(meta(plan, "redirect")),
        );
    }
}

fn redirect(plan: &Plan<'_>, host: &str) -> HttpRouteSpec {
    HttpRouteSpec {
        parent_refs: vec![parent(plan, Some("http"))],
        hostnames: vec![host.to_owned()],
        rules: vec![Rule {
            matches: Vec::new(),
            filters: vec![Filter::RequestRedirect {
                request_redirect: Redirect {
                    scheme: "https",
                    status_code: 301,
                },
            }],
            backend_refs: Vec::new(),
            timeouts: None,
        }],
    }
}

fn parent(plan: &Plan<'_>, section_name: Option<&'static str>) -> ParentRef {
    let gateway = &plan.profile.routing.gateway;
    ParentRef {
        name: gateway.name.clone(),
        namespace: gateway.namespace.clone(),
        section_name,
    }
}

/// A route of the manifest as the Gateway API matches paths. Both go by what is most
/// specific.
fn paths(route: &Route) -> Vec<PathMatch> {
    let path = |kind, value: &str| PathMatch {
        kind,
        value: value.to_owned(),
    };
    let text = route.as_str();
    if text.contains("/:") {
        return vec![path("RegularExpression", &route.regex())];
    }
    if let Some(prefix) = text.strip_suffix("/...") {
        let prefix = if prefix.is_empty() { "/" } else { prefix };
        return vec![path("PathPrefix", prefix)];
    }
    let bare = text.trim_end_matches('/');
    match bare.is_empty() {
        true => vec![path("Exact", "/")],
        false => vec![path("Exact", bare), path("Exact", &format!("{bare}/"))],
    }
}
