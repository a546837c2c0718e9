//! `spindrift watch`: what is changed is built, compiled and served.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use spindrift_manifest::{App, Component, Origin};
use spindrift_runtime::Target;
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::{build, compile, compose, fetch, up};
use crate::args::UpArgs;
use crate::report::{Reporter, complain};

/// How often files are looked at. Looking works on every file system, those of containers
/// and of networks too.
const GLANCE: Duration = Duration::from_millis(500);

/// Files, with when they were written and how long they are.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Looks after an application that is served.
pub(super) struct Watcher {
    pub(super) args: Arc<UpArgs>,
    /// As it is served.
    pub(super) app: Arc<App>,
    /// The names of the variables that have a value.
    pub(super) provided: BTreeSet<String>,
    pub(super) reporter: Reporter,
}

impl Watcher {
    /// The application, each time that it was changed and is compiled.
    pub(super) fn start(self) -> mpsc::Receiver<App> {
        let (changed, changes) = mpsc::channel(1);
        tokio::spawn(self.watch(changed));
        changes
    }

    async fn watch(mut self, changed: mpsc::Sender<App>) {
        let mut seen = self.glance().await;
        while !changed.is_closed() {
            sleep(GLANCE).await;
            let mut now = self.glance().await;
            if now == seen {
                continue;
            }
            // Whoever is at writing is let finish.
            loop {
                sleep(GLANCE).await;
                let later = self.glance().await;
                if later == now {
                    break;
                }
                now = later;
            }
            let different = different(&seen, &now);
            seen = now;
            match self.build(&different).await {
                Ok(app) => {
                    self.warn_of_triggers(&app);
                    self.app = Arc::new(app.clone());
                    _ = changed.send(app).await;
                }
                Err(error) => complain(&error),
            }
        }
    }

    async fn glance(&self) -> Seen {
        let app = self.app.clone();
        let look = move || {
            let components = app.components.values();
            let dependencies = components.clone().flat_map(Component::dependency_files);
            let files = components.flat_map(watched).chain(dependencies);
            let files = files.chain([app.manifest.clone()]);
            let written = |file: PathBuf| {
                let metadata = fs::metadata(&file).ok()?;
                Some((file, (metadata.modified().ok(), metadata.len())))
            };
            files.filter_map(written).collect()
        };
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }

    /// Builds what these files are of, and compiles it.
    async fn build(&self, different: &BTreeSet<PathBuf>) -> Result<App> {
        let app = up::load_app(&self.args, false)?;
        let is_stale = |component: &&Component| {
            component.build.is_some()
                && (!component.source.is_file()
                    || watched(component)
                        .iter()
                        .any(|file| different.contains(file)))
        };
        let stale = app.components.values().filter(is_stale);
        let stale: Vec<String> = stale.map(|component| component.id.clone()).collect();
        if !stale.is_empty() {
            let quiet = self.args.serving.output.quiet;
            build::run_commands(&app, &stale, quiet, self.reporter).await?;
        }
        fetch(&self.args.serving.app, &app, &[], self.reporter).await?;
        let app = compose(up::load_app(&self.args, true)?, self.reporter).await?;
        app.check_variables(&self.provided)?;
        let state = self.args.serving.app.state_path();
        let compiled = compile(
            Arc::new(app.clone()),
            &state,
            Target::Machine,
            self.reporter,
        );
        compiled.await.context("what was changed is not served")?;
        Ok(app)
    }

    fn warn_of_triggers(&self, app: &App) {
        let triggers = |app: &App| format!("{:?}{:?}{:?}", app.kafka, app.cron, app.redis);
        if triggers(app) != triggers(&self.app) {
            tracing::warn!(
                "triggers of events, ticks and messages stay as they were until a restart"
            );
        }
    }
}

/// The files that a component is made of: what its build watches, or else what was built.
fn watched(component: &Component) -> Vec<PathBuf> {
    match &component.build {
        Some(build) => build.watched(),
        None => match &component.origin {
            Origin::File(file) => vec![file.clone()],
            // It has a name for each content.
            _ => Vec::new(),
        },
    }
}

/// Files that are new, gone, or written since.
fn different(before: &Seen, after: &Seen) -> BTreeSet<PathBuf> {
    let changed = |one: &Seen, other: &Seen| -> Vec<PathBuf> {
        let differs = |(file, written): &(&PathBuf, &_)| other.get(*file) != Some(*written);
        let files = one.iter().filter(differs);
        files.map(|(file, _)| file.clone()).collect()
    };
    let mut all = changed(before, after);
    all.extend(changed(after, before));
    all.into_iter().collect()
}
