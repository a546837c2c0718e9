//! From a release to a cluster, and back when it does not work there.

use serde::Serialize;

use super::Cluster;
use super::api::Api;
use super::catalog::Catalog;
use super::diff;
use super::error::{Error, Result};
use super::kinds::NAMESPACE;
use super::lease;
use super::options::Options;
use super::own::ours;
use super::preflight::{self, Checked};
use super::progress::{Event, Progress};
use super::record::{self, Contract, Entry, Record, State};
use super::run::Run;
use super::undo;
use crate::release::Release;

/// How a deployment ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The release.
    pub release: String,
    /// How it stands now: serving, or waiting for its promotion.
    pub state: State,
    /// Whether there was nothing to do.
    pub unchanged: bool,
    /// What was deleted because no release has it any more.
    pub pruned: Vec<String>,
    /// What one should know: what is kept because data would be lost with it, and what
    /// could not be tidied.
    pub notes: Vec<String>,
}

impl Cluster {
    /// Looks for everything that stands against `release`, changing nothing.
    ///
    /// # Errors
    /// [`Error::Preflight`] names all of it at once.
    pub async fn preflight(&self, release: &Release, options: &Options) -> Result<()> {
        let api = self.api(&release.namespace, &options.cancel);
        preflight::check(&api, release, options).await.map(|_| ())
    }

    /// What [`deploy`](Self::deploy) would change: empty after it.
    ///
    /// # Errors
    /// Those of asking the cluster, and [`Error::Preflight`] for kinds that it does
    /// not serve.
    pub async fn diff(&self, release: &Release) -> Result<Vec<diff::Change>> {
        let api = self.api(&release.namespace, &Default::default());
        let catalog = Catalog::read(&api, Some(release)).await?;
        let (items, problems) = catalog.items(release);
        if !problems.is_empty() {
            return Err(Error::Preflight(problems));
        }
        let missing = api.get(&NAMESPACE, &release.namespace).await?.is_none();
        diff::changes(&api, &catalog, &release.app, &items, missing).await
    }

    /// Brings `release` to the cluster: all of it, or nothing.
    ///
    /// # Errors
    /// Nothing was changed: [`Error::Preflight`], [`Error::Held`] and those of asking
    /// the cluster. The release was taken back: [`Error::TakenBack`]. It could not be:
    /// [`Error::Left`]. [`Error::LeaseLost`] leaves everything to whoever comes next.
    pub async fn deploy(
        &self,
        release: &Release,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        let api = self.api(&release.namespace, &options.cancel);
        step(progress, "Check the cluster");
        let checked = preflight::check(&api, release, options).await?;
        if checked.namespace_is_missing {
            make_namespace(&api, release).await?;
        }
        let lease = lease::take(&api, &release.app, &self.holder, options.wait).await?;
        let outcome = self.held(&api, release, &checked, options, progress).await;
        lease.release().await;
        if let Ok(outcome) = &outcome {
            progress.event(&Event::Done {
                release: outcome.release.clone(),
            });
        }
        outcome
    }

    /// Gives the traffic to a release that was deployed with `no_traffic`: the rest of
    /// its deployment.
    ///
    /// # Errors
    /// [`Error::Refused`] when it does not wait; else those of [`deploy`](Self::deploy).
    pub async fn promote(
        &self,
        release: &Release,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        let api = self.api(&release.namespace, &options.cancel);
        let record = Record::read(&api, &release.app).await?;
        let waiting = record.last(State::Waiting);
        if waiting.is_none_or(|waiting| waiting.release != release.name) {
            return Err(Error::Refused(match waiting {
                Some(waiting) => format!(
                    "release {} waits for its promotion, and what is here would be release \
                     {}: check out what was deployed, or deploy this",
                    waiting.release, release.name
                ),
                None => "no release waits for its promotion: `spindrift deploy --no-traffic` \
                         makes one"
                    .to_owned(),
            }));
        }
        let options = Options {
            no_traffic: false,
            ..options.clone()
        };
        self.deploy(release, &options, progress).await
    }

    async fn held(
        &self,
        api: &Api,
        release: &Release,
        checked: &Checked,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        let record = Record::read(api, &release.app).await?;
        if let Some(open) = record.open().filter(|open| open.release != release.name) {
            step(progress, &format!("Take back release {}", open.release));
            let why = "it was interrupted, and another release was deployed";
            take_back(api, &checked.catalog, &release.app, open, why).await?;
        }
        let record = Record::read(api, &release.app).await?;
        if !options.force && is_done(api, &record, release, checked).await? {
            return Ok(Outcome {
                release: release.name.clone(),
                state: State::Serving,
                unchanged: true,
                pruned: Vec::new(),
                notes: Vec::new(),
            });
        }
        let entry = self.begin(api, &record, release, checked).await?;
        let mut run = Run {
            api,
            release,
            checked,
            options,
            progress,
            entry,
        };
        match run.finish().await {
            Ok(outcome) => Ok(outcome),
            Err(error) => Err(fail(&run, &record, error).await),
        }
    }

    /// Writes down that the release is begun, and how everything was before. A run that
    /// was interrupted has done so already.
    async fn begin(
        &self,
        api: &Api,
        record: &Record,
        release: &Release,
        checked: &Checked,
    ) -> Result<Entry> {
        let known = record.find(&release.name);
        let mut entry = match known.filter(|known| known.is_open()) {
            Some(open) => open.clone(),
            None => {
                let before = undo::before(api, &checked.items).await?;
                Entry {
                    release: release.name.clone(),
                    image: release.image.clone(),
                    version: release.version.clone(),
                    at: api.now(),
                    by: self.holder.to_string(),
                    state: State::Deploying,
                    was: known.map(|known| known.state),
                    reason: None,
                    contract: known.map_or(Contract::None, |known| known.contract),
                    services: undo::traffic_before(&before),
                    before,
                }
            }
        };
        entry.state = State::Deploying;
        record::put(api, &release.app, &entry).await?;
        Ok(entry)
    }
}

/// Whether the release serves already, exactly as it is.
async fn is_done(api: &Api, record: &Record, release: &Release, checked: &Checked) -> Result<bool> {
    let Some(serving) = record.serving() else {
        return Ok(false);
    };
    if serving.release != release.name || serving.contract == Contract::Begun {
        return Ok(false);
    }
    let changes = diff::changes(api, &checked.catalog, &release.app, &checked.items, false);
    Ok(changes.await?.is_empty())
}

/// Takes the release back, and says so.
async fn fail(run: &Run<'_>, record: &Record, error: Error) -> Error {
    if matches!(error, Error::LeaseLost { .. }) || run.is_final() {
        return error;
    }
    step(run.progress, "Take the release back");
    let api = run.api.with_stop(run.api.stop.uninterrupted());
    let (app, catalog) = (&run.release.app, &run.checked.catalog);
    let why = error.to_string();
    match take_back(&api, catalog, app, &run.entry, &why).await {
        Ok(()) => Error::TakenBack {
            release: run.release.name.clone(),
            serving: record.serving().map_or_else(
                || "and nothing is left of it".to_owned(),
                |serving| format!("and release {} serves as before", serving.release),
            ),
            cause: Box::new(error),
        },
        Err(Error::Left { left, command, .. }) => Error::Left {
            release: run.release.name.clone(),
            cause: Box::new(error),
            left,
            command,
        },
        Err(lost) => lost,
    }
}

/// Undoes an open release, and writes down that it failed.
pub(crate) async fn take_back(
    api: &Api,
    catalog: &Catalog,
    app: &str,
    open: &Entry,
    why: &str,
) -> Result<()> {
    let mut left = undo::undo(api, catalog, app, open).await;
    api.stop.check()?;
    if left.is_empty() {
        let failed = Entry {
            state: open.was.unwrap_or(State::Failed),
            was: None,
            reason: Some(why.to_owned()),
            before: Vec::new(),
            ..open.clone()
        };
        let written = record::put(api, app, &failed).await;
        match written {
            Ok(_) => return Ok(()),
            Err(error) => left.push(error.to_string()),
        }
    }
    Err(Error::Left {
        release: open.release.clone(),
        cause: Box::new(Error::Refused(why.to_owned())),
        left,
        command: format!("spindrift rollback --namespace {}", api.namespace),
    })
}

pub(crate) fn step(progress: &dyn Progress, what: &str) {
    progress.event(&Event::Step {
        what: what.to_owned(),
    });
}

async fn make_namespace(api: &Api, release: &Release) -> Result<()> {
    let namespace = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": { "name": release.namespace, "labels": ours(&release.app) },
    });
    match api.create(&NAMESPACE, &namespace, false).await {
        Err(error) if error.is_conflict() => Ok(()),
        made => made.map(|_| ()),
    }
}
