//! Removing an application.

use super::Cluster;
use super::access::{lease_name, record_name};
use super::api::Api;
use super::catalog::Catalog;
use super::deploy::step;
use super::error::Result;
use super::job;
use super::kinds::{CONFIG_MAP, JOB, LEASE};
use super::lease;
use super::objects::name;
use super::options::Options;
use super::own::list_ours;
use super::progress::Progress;
use super::prune;

/// What [`Cluster::delete`] removes, or would.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Deletion {
    /// Objects, in their order.
    pub deleted: Vec<String>,
    /// What is ours and stays, because data would be lost with it.
    pub kept: Vec<String>,
}

impl Cluster {
    /// Removes everything of `app`, from routes down to what they lead to. Secrets, the
    /// namespace, and what holds data stay. With `dry_run` it only says what it would.
    ///
    /// # Errors
    /// [`Error::Held`](super::Error::Held) while somebody deploys; those of asking the
    /// cluster. What was deleted until then is gone: run it again.
    pub async fn delete(
        &self,
        app: &str,
        namespace: &str,
        dry_run: bool,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Deletion> {
        let api = self.api(namespace, &options.cancel);
        if dry_run {
            return all(&api, app, None).await;
        }
        let lease = lease::take(&api, app, &self.holder, options.wait).await?;
        let deleted = all(&api, app, Some(progress)).await;
        lease.release().await;
        deleted
    }
}

/// Deletes when there is somebody to tell.
async fn all(api: &Api, app: &str, progress: Option<&dyn Progress>) -> Result<Deletion> {
    let catalog = Catalog::read(api, None).await?;
    let strays = prune::strays(api, &catalog, app, &[]).await?;
    let mut deletion = Deletion::default();
    for stray in &strays {
        match stray.prune {
            super::kinds::Prune::Delete => deletion.deleted.push(stray.title()),
            super::kinds::Prune::Report => deletion.kept.push(stray.title()),
        }
    }
    let jobs = list_ours(api, &JOB, app).await?;
    let jobs: Vec<_> = jobs.iter().map(name).collect();
    deletion
        .deleted
        .extend(jobs.iter().map(|job| format!("Job/{job}")));
    let record = record_name(app);
    if api.get(&CONFIG_MAP, &record).await?.is_some() {
        deletion.deleted.push(format!("ConfigMap/{record}"));
    }
    if let Some(progress) = progress {
        for title in &deletion.deleted {
            step(progress, &format!("Delete {title}"));
        }
        prune::remove(api, &strays).await?;
        let until = tokio::time::Instant::now() + api.timing.settle;
        for job in jobs {
            job::remove(api, job, until).await?;
        }
        api.delete(&CONFIG_MAP, &record, None).await?;
    } else if api.get(&LEASE, &lease_name(app)).await?.is_some() {
        deletion.kept.push(format!(
            "Lease/{}, of somebody who is deploying or was interrupted",
            lease_name(app)
        ));
    }
    Ok(deletion)
}
