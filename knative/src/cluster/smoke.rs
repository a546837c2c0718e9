//! The smoke test: a Job inside the cluster that asks the new revisions.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::api::Api;
use super::catalog::Item;
use super::error::{Error, Result};
use super::job;
use super::own::ours;
use crate::labels;
use crate::object::Stage;
use crate::release::Release;

/// How long the requests may take together: as many revisions start for them.
const DEADLINE: Duration = Duration::from_secs(120);

/// The name of a release's smoke test.
pub(crate) fn job_name(release: &Release) -> String {
    format!("{}-smoke-{}", release.app, release.name)
}

/// Asks the new revisions by their tags' addresses, within the cluster.
pub(crate) async fn run(api: &Api, release: &Release, items: &[Item]) -> Result<()> {
    if release.smoke.is_empty() {
        return Ok(());
    }
    let name = job_name(release);
    // The deadline is the Job's own; what it takes to start comes on top.
    let until = Instant::now() + DEADLINE + api.timing.settle;
    // One that an interrupted run left asked for what may be otherwise now.
    job::remove(api, &name, until).await?;
    let outcome = job::run(api, &object(release, items), until).await;
    match outcome {
        Ok(()) => job::remove(api, &name, until).await,
        Err(Error::Failed { reason, log, .. }) => Err(Error::Failed {
            what: "the smoke test".to_owned(),
            reason,
            log,
        }),
        Err(error) => Err(error),
    }
}

fn urls(release: &Release) -> impl Iterator<Item = String> {
    release.smoke.iter().map(|smoke| {
        format!(
            "http://{}-{}.{}.svc.cluster.local{}",
            release.name, smoke.service, release.namespace, smoke.path
        )
    })
}

/// The Job, under Pod Security's `restricted`. How the image is pulled is as for the
/// first service that is asked.
fn object(release: &Release, items: &[Item]) -> Value {
    let args: Vec<_> = std::iter::once("smoke".to_owned())
        .chain(urls(release))
        .collect();
    let mut labels = ours(&release.app);
    labels[labels::RELEASE] = release.name.as_str().into();
    labels[labels::NAME] = "smoke".into();
    let mut pod = json!({
        "restartPolicy": "Never",
        "automountServiceAccountToken": false,
        "enableServiceLinks": false,
        "securityContext": {
            "runAsNonRoot": true,
            "seccompProfile": { "type": "RuntimeDefault" },
        },
        "containers": [{
            "name": "smoke",
            "image": release.image,
            "args": args,
            "resources": {
                "requests": { "cpu": "10m", "memory": "32Mi" },
                "limits": { "cpu": "500m", "memory": "64Mi" },
            },
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "capabilities": { "drop": ["ALL"] },
                "readOnlyRootFilesystem": true,
                "runAsNonRoot": true,
                "seccompProfile": { "type": "RuntimeDefault" },
            },
        }],
    });
    let asked = release.smoke.first().map(|smoke| smoke.service.as_str());
    let service = items
        .iter()
        .find(|item| item.stage == Stage::Service && Some(item.name()) == asked);
    let like = service.map(|item| &item.value["spec"]["template"]["spec"]);
    let copied: BTreeMap<_, _> = ["serviceAccountName", "imagePullSecrets"]
        .into_iter()
        .filter_map(|key| Some((key, like?.get(key)?)))
        .collect();
    for (key, value) in copied {
        pod[key] = value.clone();
    }
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(release), "namespace": release.namespace, "labels": labels,
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE.as_secs(),
            // In case that nobody is left to delete it.
            "ttlSecondsAfterFinished": 3600,
            "template": { "metadata": { "labels": labels }, "spec": pod },
        },
    })
}
