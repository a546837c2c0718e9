//! Migrations.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::PodTemplateSpec;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use spindrift_manifest::Resources;

use super::meta::{meta, pod_labels};
use super::pod::{container, pod};
use super::push;
use crate::labels;
use crate::object::{Object, Stage};
use crate::plan::{Env, Plan};

/// What a migration asks for: it waits for the database most of the time.
const RESOURCES: Resources = Resources {
    cpu: Some(50),
    memory: Some(64 << 20),
    cpu_limit: Some(1000),
    memory_limit: Some(256 << 20),
};

/// How long a finished job stays to be looked at, in seconds.
const KEPT: i32 = 3600;

/// What expands the schema runs before traffic moves. What takes away from it runs
/// when nobody needs that any more: once the release has all the traffic.
pub(super) fn add(plan: &Plan<'_>, release: &str, objects: &mut Vec<Object>) {
    let Some(env) = &plan.migrate else { return };
    push(
        objects,
        Stage::Migration,
        job(plan, release, env, labels::EXPAND),
    );
    if plan.contract {
        push(
            objects,
            Stage::Migration,
            job(plan, release, env, labels::CONTRACT),
        );
    }
}

fn job(plan: &Plan<'_>, release: &str, env: &[Env], phase: &str) -> Job {
    let of = format!("migrate-{phase}");
    let args = ["migrate", "--phase", phase, "--wait", "60s"].map(str::to_owned);
    let container = container(plan, ("migrate", "migrate"), args.to_vec(), env, &RESOURCES);
    let mut spec = pod(plan, container);
    spec.restart_policy = Some("Never".to_owned());
    let mut metadata = meta(plan, &format!("{of}-{release}"));
    let mut job_labels = pod_labels(plan, "migrate", release);
    job_labels.insert(labels::PHASE.to_owned(), phase.to_owned());
    metadata.labels = Some(job_labels.clone());
    Job {
        metadata,
        spec: Some(JobSpec {
            // It is in one transaction a file, and may be tried again.
            backoff_limit: Some(2),
            active_deadline_seconds: Some(plan.profile.rollout.timeout.as_secs().cast_signed()),
            ttl_seconds_after_finished: Some(KEPT),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(job_labels),
                    annotations: plan.profile.dapr.as_ref().map(|_| without_sidecar()),
                    ..ObjectMeta::default()
                }),
                spec: Some(spec),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// A sidecar would keep the job from ending.
pub(super) fn without_sidecar() -> BTreeMap<String, String> {
    BTreeMap::from([("dapr.io/enabled".to_owned(), "false".to_owned())])
}
