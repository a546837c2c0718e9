//! Knative services.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerPort, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use spindrift_manifest::{Metric, Scale};

use super::meta::{meta, pod_labels};
use super::pod::{container, cpu_text, memory_text, pull_secrets, spread};
use super::{push, spin};
use crate::kinds::Kind;
use crate::kinds::serving::{RevisionSpec, RevisionTemplate, ServiceSpec, TrafficTarget};
use crate::object::{Object, Stage};
use crate::plan::{Plan, Role, Service};

/// Where the serving port says whether the process is ready, or alive.
const READY: &str = "/_spindrift/readyz";
const ALIVE: &str = "/_spindrift/livez";

/// Seconds that a request may take: streams and web sockets last. Knative's own
/// bound, `max-revision-timeout-seconds`, is this much unless somebody raised it.
const LONGEST: i64 = 600;
/// Seconds to an answer's first byte: a cold start and the longest default of a
/// function's own timeout are in it.
const FIRST_BYTE: i64 = 120;

/// All services.
pub(super) fn add(plan: &Plan<'_>, release: &str, objects: &mut Vec<Object>) {
    for service in &plan.services {
        push(objects, Stage::Service, of(plan, service, release));
    }
}

fn of(plan: &Plan<'_>, service: &Service, release: &str) -> impl serde::Serialize + use<> {
    let mut metadata = meta(plan, &service.name);
    if !is_public(plan, service) {
        let labels = metadata.labels.get_or_insert_default();
        labels.insert(
            "networking.knative.dev/visibility".to_owned(),
            "cluster-local".to_owned(),
        );
    }
    let revision = format!("{}-{release}", plan.name(&service.name));
    let template = RevisionTemplate {
        metadata: ObjectMeta {
            name: Some(revision.clone()),
            labels: Some(pod_labels(plan, &service.name, release)),
            annotations: Some(annotations(plan, service)),
            ..ObjectMeta::default()
        },
        spec: RevisionSpec {
            service_account_name: plan.prefix.clone(),
            enable_service_links: false,
            automount_service_account_token: false,
            image_pull_secrets: pull_secrets(plan),
            container_concurrency: i64::from(service.settings.scale.concurrency.unwrap_or(0)),
            timeout_seconds: LONGEST,
            response_start_timeout_seconds: FIRST_BYTE,
            containers: vec![served(plan, service)],
            volumes: match spin::runs(plan, service) {
                true => vec![spin::volume()],
                false => Vec::new(),
            },
            topology_spread_constraints: match plan.profile.spread {
                true => spread(plan, &service.name),
                false => Vec::new(),
            },
        },
    };
    let traffic = vec![TrafficTarget {
        revision_name: revision,
        percent: 100,
        latest_revision: false,
    }];
    ServiceSpec { template, traffic }.object(metadata)
}

/// Whether Knative's gateway shows it to the outside: the edge, or everything where
/// nothing stands before it. What events call is never shown.
fn is_public(plan: &Plan<'_>, service: &Service) -> bool {
    match service.role {
        Role::Edge => true,
        Role::Events => false,
        Role::Routes => plan.profile.routing.mode == crate::profile::RoutingMode::None,
    }
}

fn served(plan: &Plan<'_>, service: &Service) -> Container {
    let (mut container, ready, alive) = match spin::runs(plan, service) {
        true => (spin::container(plan, service), spin::HEALTH, spin::HEALTH),
        false => (ours(plan, service), READY, ALIVE),
    };
    container.ports = Some(vec![ContainerPort {
        container_port: 8080,
        ..ContainerPort::default()
    }]);
    // Without `periodSeconds` Knative's proxy probes each few milliseconds until the
    // process is ready, and so a cold start is as short as it can be.
    container.readiness_probe = Some(probe(ready));
    container.liveness_probe = Some(Probe {
        period_seconds: Some(10),
        failure_threshold: Some(6),
        ..probe(alive)
    });
    container
}

/// This program's container.
fn ours(plan: &Plan<'_>, service: &Service) -> Container {
    let components = service
        .components
        .iter()
        .flat_map(|id| ["--component".to_owned(), id.clone()]);
    let words = |list: &[&str]| {
        list.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let mut args = match service.role {
        // Behind Knative's proxies and the edge, all of them inside of the cluster.
        Role::Routes => words(&[
            "serve",
            "--probes",
            "--behind-proxy",
            "--trusted-proxies",
            "private",
        ]),
        Role::Events => words(&["serve", "--probes", "--event-sinks"]),
        Role::Edge => {
            let to = plan.local_host("{service}");
            [
                words(&["edge", "--probes", "--behind-proxy", "--to"]),
                vec![format!("http://{to}")],
            ]
            .concat()
        }
    };
    args.extend(components);
    if service.role == Role::Edge {
        args.extend(placement(&plan.routed));
    }
    container(
        plan,
        (&service.name, "user-container"),
        args,
        &service.env,
        &service.settings.resources,
    )
}

/// Where components are served, where that is not in services of their own.
pub(super) fn placement(places: &BTreeMap<String, String>) -> Vec<String> {
    let moved = places
        .iter()
        .filter(|(component, service)| component != service);
    let list: Vec<String> = moved
        .map(|(component, service)| format!("{component}={service}"))
        .collect();
    match list.is_empty() {
        true => Vec::new(),
        false => vec!["--placement".to_owned(), list.join(",")],
    }
}

fn probe(path: &str) -> Probe {
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(path.to_owned()),
            port: IntOrString::Int(8080),
            ..HTTPGetAction::default()
        }),
        // Knative's default. It sets it when a revision is named for the first time
        // alone, and takes a later template without it for another one.
        success_threshold: Some(1),
        ..Probe::default()
    }
}

/// <https://knative.dev/docs/serving/autoscaling/>.
fn annotations(plan: &Plan<'_>, service: &Service) -> BTreeMap<String, String> {
    let sidecar = plan.profile.sidecar;
    let mut annotations = BTreeMap::from([
        (
            "queue.sidecar.serving.knative.dev/cpu-resource-request".to_owned(),
            cpu_text(sidecar.cpu),
        ),
        (
            "queue.sidecar.serving.knative.dev/memory-resource-request".to_owned(),
            memory_text(sidecar.memory),
        ),
    ]);
    annotations.extend(scaling(&service.settings.scale));
    if let Some(dapr) = &plan.profile.dapr {
        let values = [
            ("enabled", "true".to_owned()),
            ("app-id", plan.name(&service.name)),
            ("app-port", "8080".to_owned()),
            ("config", dapr.config.clone()),
            // Pod Security's `restricted` wants it of every container.
            ("sidecar-seccomp-profile-type", "RuntimeDefault".to_owned()),
        ];
        annotations.extend(values.map(|(name, value)| (format!("dapr.io/{name}"), value)));
    }
    annotations
}

fn scaling(scale: &Scale) -> impl Iterator<Item = (String, String)> {
    let seconds =
        |time: Option<std::time::Duration>| time.map(|time| format!("{}s", time.as_secs()));
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let (metric, class) = match scale.metric {
        None => (None, None),
        Some(Metric::Concurrency) => (Some("concurrency"), None),
        Some(Metric::Rps) => (Some("rps"), None),
        Some(Metric::Cpu) => (Some("cpu"), Some("hpa.autoscaling.knative.dev")),
        Some(Metric::Memory) => (Some("memory"), Some("hpa.autoscaling.knative.dev")),
    };
    let values = [
        (
            "class",
            Some(class.unwrap_or("kpa.autoscaling.knative.dev").to_owned()),
        ),
        ("metric", metric.map(str::to_owned)),
        ("target", number(scale.target)),
        ("min-scale", number(scale.min)),
        ("max-scale", number(scale.max)),
        ("initial-scale", number(scale.initial)),
        ("window", seconds(scale.window)),
        ("scale-down-delay", seconds(scale.down_delay)),
        (
            "scale-to-zero-pod-retention-period",
            seconds(scale.retention),
        ),
    ];
    values
        .into_iter()
        .filter_map(|(name, value)| Some((format!("autoscaling.knative.dev/{name}"), value?)))
}
