//! Services that stock Spin runs, from the application's artifact:
//! <https://spinframework.dev/distributing-apps>.

use k8s_openapi::api::core::v1::{Container, EmptyDirVolumeSource, EnvVar, Volume, VolumeMount};

use super::pod;
use crate::plan::{Plan, Role, Service};

/// Where Spin says that it serves.
pub(super) const HEALTH: &str = "/.well-known/spin/health";

/// The only folder that Spin may write to: what it pulled, and its state.
const SCRATCH: &str = "/tmp";

/// Whether stock Spin runs a service: the edge is ours alone.
pub(super) fn runs(plan: &Plan<'_>, service: &Service) -> bool {
    plan.profile.spin.enabled && service.role != Role::Edge
}

/// The container in which it does.
pub(super) fn container(plan: &Plan<'_>, service: &Service) -> Container {
    let spin = &plan.profile.spin;
    let artifact = spin.artifact.clone().unwrap_or_default();
    let words = [
        "up",
        "--from",
        &artifact,
        "--listen",
        "0.0.0.0:8080",
        "--state-dir",
        "/tmp/state",
    ];
    let mut args: Vec<String> = words.map(str::to_owned).into();
    for component in &service.components {
        args.extend(["--component-id".to_owned(), component.clone()]);
    }
    let mut container = pod::container(
        plan,
        (&service.name, "user-container"),
        args,
        &service.env,
        &service.settings.resources,
    );
    container.image = Some(spin.image.clone());
    container.env = Some(
        service
            .env
            .iter()
            .map(pod::variable)
            .chain(places())
            .chain(pod::traces(plan, &service.name))
            .collect(),
    );
    container.volume_mounts = Some(vec![VolumeMount {
        name: "scratch".to_owned(),
        mount_path: SCRATCH.to_owned(),
        ..VolumeMount::default()
    }]);
    container
}

/// The volume that it writes to.
pub(super) fn volume() -> Volume {
    Volume {
        name: "scratch".to_owned(),
        empty_dir: Some(EmptyDirVolumeSource::default()),
        ..Volume::default()
    }
}

/// Where Spin puts what it pulls.
fn places() -> impl Iterator<Item = EnvVar> {
    let places = [("HOME", SCRATCH), ("XDG_CACHE_HOME", "/tmp/cache")];
    places
        .into_iter()
        .map(|(name, path)| pod::text(name, path.to_owned()))
}
