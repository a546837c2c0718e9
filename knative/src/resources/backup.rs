//! The backup that is made each day.

use k8s_openapi::api::batch::v1::{CronJob, CronJobSpec, JobSpec, JobTemplateSpec};
use k8s_openapi::api::core::v1::{
    Container, EmptyDirVolumeSource, PodSpec, PodTemplateSpec, Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use spindrift_manifest::Resources;

use super::jobs::without_sidecar;
use super::meta::{labels, meta};
use super::pod::{container, pod, variable};
use super::push;
use crate::object::{Object, Stage};
use crate::plan::{Backup as Told, Plan};
use crate::profile::Backup;

/// Its name: the alert `BackupTooOld` looks for CronJobs that have it in theirs.
pub(super) const BACKUP: &str = "backup";

/// What either container asks for. One reads and the other sends: both in small pieces.
const RESOURCES: Resources = Resources {
    cpu: Some(50),
    memory: Some(96 << 20),
    cpu_limit: Some(1000),
    memory_limit: Some(256 << 20),
};

/// Where the dump is between the two. It goes with the pod.
const SCRATCH: &str = "/scratch";
const DUMP: &str = "/scratch/database.dump";

/// Whom our own image runs as. PostgreSQL's would be root.
const USER: i64 = 65532;

/// How late a backup may begin, when the cluster was busy, and how long it may take, in seconds.
const LATEST: i64 = 3600;
const LONGEST: i64 = 7200;

/// Stands beside releases: a job that runs while one is deployed goes on.
pub(super) fn add(plan: &Plan<'_>, objects: &mut Vec<Object>) {
    let Some((told, settings)) = plan.backup.as_ref().zip(plan.profile.backup.as_ref()) else {
        return;
    };
    let job = JobSpec {
        // Once more, when the database or the bucket were away.
        backoff_limit: Some(2),
        active_deadline_seconds: Some(LONGEST),
        template: PodTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(labels(plan, BACKUP)),
                annotations: plan.profile.dapr.as_ref().map(|_| without_sidecar()),
                ..ObjectMeta::default()
            }),
            spec: Some(template(plan, told, settings)),
        },
        ..JobSpec::default()
    };
    let spec = CronJobSpec {
        schedule: settings.schedule.clone(),
        time_zone: Some("Etc/UTC".to_owned()),
        concurrency_policy: Some("Forbid".to_owned()),
        starting_deadline_seconds: Some(LATEST),
        successful_jobs_history_limit: Some(3),
        failed_jobs_history_limit: Some(3),
        job_template: JobTemplateSpec {
            metadata: Some(ObjectMeta {
                labels: Some(labels(plan, BACKUP)),
                ..ObjectMeta::default()
            }),
            spec: Some(job),
        },
        ..CronJobSpec::default()
    };
    let object = CronJob {
        metadata: meta(plan, BACKUP),
        spec: Some(spec),
        status: None,
    };
    push(objects, Stage::Ground, object);
}

/// PostgreSQL's own `pg_dump` writes, and this program, whose image has none, sends.
fn template(plan: &Plan<'_>, told: &Told, settings: &Backup) -> PodSpec {
    let mut spec = pod(plan, send(plan, told, settings));
    spec.restart_policy = Some("Never".to_owned());
    spec.init_containers = Some(vec![dump(plan, told, settings)]);
    spec.volumes = Some(vec![Volume {
        name: "scratch".to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Volume::default()
    }]);
    spec
}

fn dump(plan: &Plan<'_>, told: &Told, settings: &Backup) -> Container {
    let args = [
        "--format=custom".to_owned(),
        "--no-password".to_owned(),
        format!("--file={DUMP}"),
        // Kubernetes puts the value there: nobody else is in the container to see it.
        "--dbname=$(DATABASE_URL)".to_owned(),
    ];
    let mut container = container(
        plan,
        (BACKUP, "dump"),
        args.to_vec(),
        &told.dump,
        &RESOURCES,
    );
    container.image = Some(settings.image.clone());
    container.command = Some(vec!["pg_dump".to_owned()]);
    container.env = Some(told.dump.iter().map(variable).collect());
    container.volume_mounts = Some(vec![mount()]);
    if let Some(context) = &mut container.security_context {
        context.run_as_user = Some(USER);
    }
    container
}

fn send(plan: &Plan<'_>, told: &Told, settings: &Backup) -> Container {
    let days = settings.keep_days.to_string();
    let args = [
        "backup",
        "create",
        "--store",
        &settings.store,
        "--recipient",
        &settings.recipient,
        "--keep-days",
        &days,
        "--dump",
        DUMP,
    ];
    let args = args.map(str::to_owned).to_vec();
    let mut container = container(plan, (BACKUP, BACKUP), args, &told.send, &RESOURCES);
    container.volume_mounts = Some(vec![mount()]);
    container
}

fn mount() -> VolumeMount {
    VolumeMount {
        name: "scratch".to_owned(),
        mount_path: SCRATCH.to_owned(),
        ..VolumeMount::default()
    }
}
