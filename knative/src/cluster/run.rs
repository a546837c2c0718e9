//! The steps of one deployment, under its lease.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::api::Api;
use super::catalog::Item;
use super::delivery;
use super::deploy::{Outcome, step};
use super::error::{Error, Result};
use super::job;
use super::kinds::DEPLOYMENT;
use super::objects::{Apply, label};
use super::options::Options;
use super::preflight::Checked;
use super::progress::{Event, Progress};
use super::prune;
use super::ready::{self, revision_name};
use super::record::{self, Contract, Entry, Record, State};
use super::smoke;
use super::traffic::{self, Target};
use super::watch::Watch;
use crate::object::Stage;
use crate::release::Release;

/// Which migrations run after traffic has moved: those that this label calls
/// [`CONTRACT`].
const PHASE: &str = "spindrift.dev/phase";
const CONTRACT: &str = "contract";

/// A deployment under way.
pub(crate) struct Run<'a> {
    pub(crate) api: &'a Api,
    pub(crate) release: &'a Release,
    pub(crate) checked: &'a Checked,
    pub(crate) options: &'a Options,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) entry: Entry,
}

impl Run<'_> {
    /// Whether the release serves for good: what fails now is not taken back.
    pub(crate) fn is_final(&self) -> bool {
        self.entry.state == State::Serving
    }

    /// All steps, in their order.
    pub(crate) async fn finish(&mut self) -> Result<Outcome> {
        let until = Instant::now() + self.release.rollout.timeout;
        step(self.progress, "Apply what services stand on");
        self.apply(Stage::Ground).await?;
        self.migrate(false, until).await?;
        self.start(until).await?;
        if !self.release.smoke.is_empty() {
            step(self.progress, "Smoke test");
            smoke::run(self.api, self.release, &self.checked.items).await?;
        }
        if self.options.no_traffic {
            self.entry.state = State::Waiting;
            record::put(self.api, &self.release.app, &self.entry).await?;
            return Ok(self.outcome(Vec::new(), Vec::new()));
        }
        self.climb().await?;
        self.promote().await?;
        self.migrate(true, Instant::now() + self.release.rollout.timeout)
            .await?;
        if self.entry.contract == Contract::Begun {
            self.entry.contract = Contract::Done;
            record::put(self.api, &self.release.app, &self.entry).await?;
        }
        Ok(self.tidy().await)
    }

    /// New revisions beside the old ones, without traffic, until they are ready.
    async fn start(&self, until: Instant) -> Result<()> {
        step(self.progress, "Start the new revisions");
        let targets = self.shift(0).await?;
        let names: Vec<_> = targets.keys().map(String::as_str).collect();
        let name = &self.release.name;
        ready::revisions(self.api, &names, name, until, self.progress).await?;
        ready::traffic(self.api, &targets, until).await
    }

    /// Traffic in steps, each watched. Without anything to take it from there are none.
    async fn climb(&self) -> Result<()> {
        let is_first = self.entry.services.iter().all(|(service, before)| {
            let revision = revision_name(service, &self.release.name);
            before.iter().all(|target| target.revision == revision)
        });
        if is_first {
            return Ok(());
        }
        for percent in &self.release.rollout.steps {
            if *percent >= 100 {
                break;
            }
            step(self.progress, &format!("Traffic at {percent} %"));
            let mut watch = Watch::begin(self.api, self.release).await?;
            let targets = self.shift(*percent).await?;
            let until = Instant::now() + self.api.timing.settle;
            ready::traffic(self.api, &targets, until).await?;
            self.progress.event(&Event::Traffic {
                release: self.release.name.clone(),
                percent: *percent,
            });
            watch.hold(self.api, self.release, self.progress).await?;
        }
        Ok(())
    }

    /// All traffic, deliveries and routes, and the record of it.
    async fn promote(&mut self) -> Result<()> {
        step(self.progress, "Traffic at 100 %");
        self.apply(Stage::Service).await?;
        let targets = self
            .services()
            .map(|item| (item.name().to_owned(), traffic::specified(&item.value)))
            .collect();
        ready::traffic(self.api, &targets, Instant::now() + self.api.timing.settle).await?;
        self.progress.event(&Event::Traffic {
            release: self.release.name.clone(),
            percent: 100,
        });
        step(self.progress, "Apply deliveries and routes");
        self.apply(Stage::Delivery).await?;
        let until = Instant::now() + self.release.rollout.timeout;
        for item in self.of(Stage::Delivery) {
            if item.resource.kind == DEPLOYMENT.kind {
                delivery::rollout(self.api, item.name(), until).await?;
            }
        }
        self.apply(Stage::Route).await?;
        if self.of(Stage::Migration).any(is_contract) {
            self.entry.contract = Contract::Begun;
        }
        record::serve(self.api, &self.release.app, &self.entry, State::Replaced).await?;
        self.entry.state = State::Serving;
        self.entry.was = None;
        self.entry.before.clear();
        Ok(())
    }

    /// Deletes what no release needs. The release serves: what fails here is told.
    async fn tidy(&self) -> Outcome {
        let mut notes = Vec::new();
        let pruned = match self.prune().await {
            Ok((deleted, kept)) => {
                notes.extend(kept.into_iter().map(|title| {
                    format!("{title} is in no release any more, and kept for its data")
                }));
                deleted
            }
            Err(error) => {
                notes.push(format!("not everything was tidied: {error}"));
                Vec::new()
            }
        };
        for text in &notes {
            self.progress.event(&Event::Note { text: text.clone() });
        }
        self.outcome(pruned, notes)
    }

    async fn prune(&self) -> Result<(Vec<String>, Vec<String>)> {
        let (app, checked) = (&self.release.app, self.checked);
        let strays = prune::strays(self.api, &checked.catalog, app, &checked.items).await?;
        let pruned = prune::remove(self.api, &strays).await?;
        let record = Record::read(self.api, app).await?;
        let last = record.last(State::Replaced);
        let mut keep = vec![self.release.name.as_str()];
        keep.extend(last.map(|entry| entry.release.as_str()));
        prune::revisions(self.api, app, &keep).await?;
        Ok(pruned)
    }

    async fn migrate(&self, contract: bool, until: Instant) -> Result<()> {
        let jobs = self.of(Stage::Migration);
        for item in jobs.filter(|item| is_contract(item) == contract) {
            step(self.progress, &format!("Run {}", item.title()));
            let ended = job::run(self.api, &item.value, until).await;
            ended.map_err(|error| match error {
                Error::Failed { what, reason, log } if contract => Error::Failed {
                    what: format!(
                        "release {} serves, but its contract migration, {what}",
                        self.release.name
                    ),
                    reason,
                    log,
                },
                other => other,
            })?;
        }
        Ok(())
    }

    /// Applies the services with `percent` of the traffic at the new revisions.
    async fn shift(&self, percent: u8) -> Result<BTreeMap<String, Vec<Target>>> {
        let mut all = BTreeMap::new();
        for item in self.services() {
            let name = &self.release.name;
            let revision = revision_name(item.name(), name);
            let before = self.entry.services.get(item.name());
            let before = before.map_or(&[][..], Vec::as_slice);
            let targets = traffic::at(before, &revision, percent, name);
            let mut object = item.value.clone();
            object["spec"]["traffic"] = traffic::spec(&targets);
            self.api.apply(&item.resource, &object, self.how()).await?;
            all.insert(item.name().to_owned(), targets);
        }
        Ok(all)
    }

    async fn apply(&self, stage: Stage) -> Result<()> {
        for item in self.of(stage) {
            let applied = self.api.apply(&item.resource, &item.value, self.how());
            applied.await?;
        }
        Ok(())
    }

    fn how(&self) -> Apply {
        Apply {
            dry_run: false,
            force: self.options.force,
        }
    }

    fn of(&self, stage: Stage) -> impl Iterator<Item = &Item> {
        let items = self.checked.items.iter();
        items.filter(move |item| item.stage == stage)
    }

    fn services(&self) -> impl Iterator<Item = &Item> {
        self.of(Stage::Service)
    }

    fn outcome(&self, pruned: Vec<String>, notes: Vec<String>) -> Outcome {
        Outcome {
            release: self.release.name.clone(),
            state: self.entry.state,
            unchanged: false,
            pruned,
            notes,
        }
    }
}

fn is_contract(item: &Item) -> bool {
    label(&item.value, PHASE) == CONTRACT
}
