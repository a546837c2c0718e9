//! Watching a release while it has a share of the traffic.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;

use super::api::Api;
use super::error::{Error, Result};
use super::kinds::POD;
use super::metrics::Sample;
use super::objects::{label, name};
use super::own::of_release;
use super::pods;
use super::progress::{Event, Progress};
use crate::release::Release;

/// Where a pod tells its metrics.
const PORT: u16 = crate::ADMIN_PORT;
/// Fewer requests than these prove nothing.
const ENOUGH: u64 = 20;
/// The label of Knative's pods.
const REVISION: &str = "serving.knative.dev/revision";

/// The pods of a release, as they were when the watch began and as they are.
#[derive(Default)]
pub(crate) struct Watch {
    restarts: BTreeMap<String, u64>,
    first: BTreeMap<String, Sample>,
    last: BTreeMap<String, Sample>,
}

impl Watch {
    /// Takes the counts from which a step is measured. What pods did before they had
    /// traffic, such as the smoke test, is not in it.
    pub(crate) async fn begin(api: &Api, release: &Release) -> Result<Self> {
        let mut watch = Self::default();
        for pod in pods_of(api, release).await? {
            watch
                .restarts
                .insert(name(&pod).to_owned(), pods::restarts(&pod));
        }
        watch.measure(api, release).await?;
        watch.first = watch.last.clone();
        Ok(watch)
    }

    /// Looks at the release for as long as `rollout.hold` says.
    ///
    /// # Errors
    /// [`Error::Unhealthy`] and [`Error::Failed`] when it must be taken back.
    pub(crate) async fn hold(
        &mut self,
        api: &Api,
        release: &Release,
        progress: &dyn Progress,
    ) -> Result<()> {
        let until = Instant::now() + release.rollout.hold;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            api.pause(left.min(api.timing.watch)).await?;
            self.look(api, release, progress).await?;
            if Instant::now() >= until {
                return Ok(());
            }
        }
    }

    async fn look(&mut self, api: &Api, release: &Release, progress: &dyn Progress) -> Result<()> {
        for pod in pods_of(api, release).await? {
            let before = self.restarts.get(name(&pod)).copied().unwrap_or(0);
            let trouble = pods::trouble(&pod).or_else(|| {
                (pods::restarts(&pod) > before).then(|| "a container was started again".to_owned())
            });
            if let Some(trouble) = trouble {
                let revision = label(&pod, REVISION);
                return Err(Error::Failed {
                    what: format!("service {}", label(&pod, "serving.knative.dev/service")),
                    reason: format!("pod {} with traffic: {trouble}", name(&pod)),
                    log: pods::last_lines(api, &format!("{REVISION}={revision}")).await,
                });
            }
        }
        self.measure(api, release).await?;
        let total = self.total();
        progress.event(&Event::Watched {
            requests: total.requests,
            errors: total.errors,
            p99_seconds: total.p99_seconds(),
        });
        judge(&total, release)
    }

    /// Reads what pods tell. One that starts, ends or has no metrics tells nothing,
    /// and what it told last is what counts.
    async fn measure(&mut self, api: &Api, release: &Release) -> Result<()> {
        for pod in pods_of(api, release).await? {
            if pod["status"]["phase"] != "Running" {
                continue;
            }
            match api.ask_pod(name(&pod), PORT, "/metrics").await {
                Ok(text) => {
                    self.last.insert(name(&pod).to_owned(), Sample::read(&text));
                }
                Err(
                    error @ (Error::Unauthorized { .. }
                    | Error::LeaseLost { .. }
                    | Error::Interrupted),
                ) => return Err(error),
                Err(error) => tracing::debug!(pod = name(&pod), %error, "no metrics"),
            }
        }
        Ok(())
    }

    fn total(&self) -> Sample {
        let mut total = Sample::default();
        for (pod, last) in &self.last {
            match self.first.get(pod) {
                Some(first) => total.add(&last.since(first)),
                None => total.add(last),
            }
        }
        total
    }
}

async fn pods_of(api: &Api, release: &Release) -> Result<Vec<Value>> {
    let selector = format!("{},{REVISION}", of_release(&release.app, &release.name));
    api.list(&POD, &selector).await
}

fn judge(total: &Sample, release: &Release) -> Result<()> {
    if total.requests < ENOUGH {
        return Ok(());
    }
    let (errors, most) = (total.error_percent(), release.rollout.max_errors);
    if errors > most {
        return Err(Error::Unhealthy(format!(
            "{} of {} requests to release {} were answered with 5xx: {errors:.1} %, where \
             `max_errors` allows {most} %",
            total.errors, total.requests, release.name
        )));
    }
    if let (Some(p99), Some(most)) = (total.p99_seconds(), release.rollout.max_latency)
        && p99 > most.as_secs_f64()
    {
        return Err(Error::Unhealthy(format!(
            "the 99th percentile of {} requests to release {} is {:.0} ms, where \
             `max_latency` allows {} ms",
            total.requests,
            release.name,
            p99 * 1e3,
            most.as_millis()
        )));
    }
    Ok(())
}
