//! What all pods have in common.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Capabilities, Container, EnvVar, EnvVarSource, LocalObjectReference, PodSecurityContext,
    PodSpec, ResourceRequirements, SeccompProfile, SecretKeySelector, SecurityContext,
    TopologySpreadConstraint,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use spindrift_manifest::Resources;

use super::meta::{matching, selector};
use crate::plan::{Env, Plan, Source};

/// Where pods tell operators what they do. Knative's proxy has 9090 and 9091.
pub const ADMIN_PORT: u16 = 9464;

/// A container of the image in a pod of one kind, which is told `env`, as strict as Pod
/// Security's `restricted` wants it.
pub(super) fn container(
    plan: &Plan<'_>,
    (of, name): (&str, &str),
    args: Vec<String>,
    env: &[Env],
    resources: &Resources,
) -> Container {
    Container {
        name: name.to_owned(),
        image: Some(plan.image.clone()),
        args: Some(args),
        env: Some(common(plan, of).chain(env.iter().map(variable)).collect()),
        resources: Some(requirements(resources)),
        security_context: Some(confined()),
        ..Container::default()
    }
}

/// What every process is told.
fn common(plan: &Plan<'_>, of: &str) -> impl Iterator<Item = EnvVar> {
    let connections = plan.profile.database.connections.to_string();
    [
        text("SPINDRIFT_ADMIN_LISTEN", format!("0.0.0.0:{ADMIN_PORT}")),
        text("SPINDRIFT_DATABASE_CONNECTIONS", connections),
        text("SPINDRIFT_LOG_FORMAT", "json".to_owned()),
    ]
    .into_iter()
    .chain(traces(plan, of))
}

/// Where spans go, in OpenTelemetry's words, which stock Spin knows as well.
pub(super) fn traces(plan: &Plan<'_>, of: &str) -> Vec<EnvVar> {
    let Some(traces) = &plan.profile.monitoring.traces else {
        return Vec::new();
    };
    let mut told = vec![
        text("OTEL_EXPORTER_OTLP_ENDPOINT", traces.endpoint.url.clone()),
        text("OTEL_SERVICE_NAME", plan.name(of)),
    ];
    if traces.percent < 100.0 {
        let share = traces.percent / 100.0;
        told.push(text(
            "OTEL_TRACES_SAMPLER",
            "parentbased_traceidratio".to_owned(),
        ));
        told.push(text("OTEL_TRACES_SAMPLER_ARG", share.to_string()));
    }
    told
}

/// A variable that is said in the open.
pub(super) fn text(name: &str, value: String) -> EnvVar {
    EnvVar {
        name: name.to_owned(),
        value: Some(value),
        value_from: None,
    }
}

pub(super) fn variable(env: &Env) -> EnvVar {
    let (value, value_from) = match &env.source {
        Source::Text(text) => (Some(text.clone()), None),
        Source::Secret(key) => {
            let reference = SecretKeySelector {
                name: key.secret.clone(),
                key: key.key.clone(),
                optional: None,
            };
            let source = EnvVarSource {
                secret_key_ref: Some(reference),
                ..EnvVarSource::default()
            };
            (None, Some(source))
        }
    };
    EnvVar {
        name: env.name.clone(),
        value,
        value_from,
    }
}

fn requirements(resources: &Resources) -> ResourceRequirements {
    let list = |cpu: Option<u32>, memory: Option<u64>| {
        let cpu = cpu.map(|thousandths| ("cpu".to_owned(), Quantity(cpu_text(thousandths))));
        let memory = memory.map(|bytes| ("memory".to_owned(), Quantity(memory_text(bytes))));
        let list: BTreeMap<String, Quantity> = cpu.into_iter().chain(memory).collect();
        Some(list).filter(|list| !list.is_empty())
    };
    ResourceRequirements {
        requests: list(resources.cpu, resources.memory),
        limits: list(resources.cpu_limit, resources.memory_limit),
        claims: None,
    }
}

/// Processors in the one form that the API server keeps: it would write `1000m` as `1`.
pub(super) fn cpu_text(thousandths: u32) -> String {
    match thousandths % 1000 {
        0 => (thousandths / 1000).to_string(),
        _ => format!("{thousandths}m"),
    }
}

/// Memory in the largest unit that holds it exactly, as the API server keeps it.
pub(super) fn memory_text(bytes: u64) -> String {
    let units = [("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)];
    let whole = units
        .into_iter()
        .find(|(_, power)| bytes.is_multiple_of(1 << power));
    whole.map_or_else(
        || bytes.to_string(),
        |(unit, power)| format!("{}{unit}", bytes >> power),
    )
}

fn confined() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        run_as_non_root: Some(true),
        capabilities: Some(Capabilities {
            drop: Some(vec!["ALL".to_owned()]),
            add: None,
        }),
        seccomp_profile: Some(SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            localhost_profile: None,
        }),
        ..SecurityContext::default()
    }
}

/// A pod that is not Knative's, with one container.
pub(super) fn pod(plan: &Plan<'_>, container: Container) -> PodSpec {
    PodSpec {
        service_account_name: Some(plan.prefix.clone()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        image_pull_secrets: Some(pull_secrets(plan)).filter(|list| !list.is_empty()),
        security_context: Some(PodSecurityContext {
            run_as_non_root: Some(true),
            ..PodSecurityContext::default()
        }),
        containers: vec![container],
        ..PodSpec::default()
    }
}

pub(super) fn pull_secrets(plan: &Plan<'_>) -> Vec<LocalObjectReference> {
    let name = plan.profile.pull_secret.iter();
    name.map(|name| LocalObjectReference { name: name.clone() })
        .collect()
}

/// Has pods of one kind be on different nodes, and in different zones, where it can be.
pub(super) fn spread(plan: &Plan<'_>, of: &str) -> Vec<TopologySpreadConstraint> {
    let over = ["kubernetes.io/hostname", "topology.kubernetes.io/zone"];
    let constraint = |key: &str| TopologySpreadConstraint {
        max_skew: 1,
        topology_key: key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(matching(selector(plan, of))),
        ..TopologySpreadConstraint::default()
    };
    over.into_iter().map(constraint).collect()
}

#[cfg(test)]
mod tests {
    use super::{cpu_text, memory_text};

    #[test]
    fn quantities_are_written_as_the_api_server_keeps_them() {
        assert_eq!([50, 1000, 1500].map(cpu_text), ["50m", "1", "1500m"]);
        let mib = 1 << 20;
        assert_eq!(
            [64 * mib, 1024 * mib, 1000, 1536 * mib].map(memory_text),
            ["64Mi", "1Gi", "1000", "1536Mi"]
        );
    }
}
