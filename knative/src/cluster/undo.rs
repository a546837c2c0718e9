//! Taking a release back: everything as it was before, traffic first.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;

use super::api::Api;
use super::catalog::{Catalog, Item};
use super::error::{Error, Result};
use super::job;
use super::kinds::{JOB, KNOWN, Prune, REVISION, SERVICE};
use super::objects::{Apply, name};
use super::own::{selector, snapshot};
use super::ready::{self, revision_name};
use super::record::{Before, Entry};
use super::traffic::{self, Target};
use crate::object::Stage;

/// How everything in `items` is, but Jobs, to be able to go back there.
pub(crate) async fn before(api: &Api, items: &[Item]) -> Result<Vec<Before>> {
    let mut all = Vec::with_capacity(items.len());
    for item in items.iter().filter(|item| item.stage != Stage::Migration) {
        let live = api.get(&item.resource, item.name()).await?;
        let object = match live {
            // A service that never served is as good as none.
            Some(live) if item.stage == Stage::Service => pinned(&live),
            live => live.as_ref().map(snapshot),
        };
        all.push(Before {
            api_version: item.resource.api_version(),
            kind: item.resource.kind.to_string(),
            name: item.name().to_owned(),
            object,
        });
    }
    Ok(all)
}

/// The traffic that each Knative service had.
pub(crate) fn traffic_before(all: &[Before]) -> BTreeMap<String, Vec<Target>> {
    all.iter()
        .filter(|before| is_service(before))
        .map(|before| {
            let targets = before.object.as_ref().map(traffic::specified);
            (before.name.clone(), targets.unwrap_or_default())
        })
        .collect()
}

/// A service with its traffic by revision, so that going back there does not depend on
/// which revision is the latest.
fn pinned(live: &Value) -> Option<Value> {
    let targets = traffic::of_service(live);
    if targets.is_empty() {
        return None;
    }
    let mut object = snapshot(live);
    object["spec"]["traffic"] = traffic::spec(&targets);
    Some(object)
}

/// What could not be taken back, a line for each.
type LeftOver = Vec<String>;

/// Takes `entry`'s release back. Goes on after failures, and tells of them.
pub(crate) async fn undo(api: &Api, catalog: &Catalog, app: &str, entry: &Entry) -> LeftOver {
    let mut left = LeftOver::new();
    let services: Vec<_> = entry.before.iter().filter(|b| is_service(b)).collect();
    // Traffic first; then, backwards, routes, deliveries, and what services stand on.
    let others = entry.before.iter().rev().filter(|b| !is_service(b));
    for before in services.iter().copied().chain(others) {
        if before.object.is_some() {
            let restored = restore(api, catalog, before).await;
            if is_hopeless(&restored) {
                note(&mut left, before, restored);
                left.push("and everything after it, which was not tried".to_owned());
                return left;
            }
            note(&mut left, before, restored);
        }
    }
    let mut back = BTreeMap::new();
    for before in &services {
        if before.object.is_some() {
            let targets = entry.services.get(&before.name).cloned();
            back.insert(before.name.clone(), targets.unwrap_or_default());
        }
    }
    let until = Instant::now() + api.timing.settle;
    match ready::traffic(api, &back, until).await {
        // A revision is only deleted when its service does not want it any more.
        Ok(()) => {
            for (service, targets) in &back {
                let revision = revision_name(service, &entry.release);
                if targets.iter().all(|target| target.revision != revision) {
                    let deleted = api.delete(&REVISION, &revision, None).await;
                    note_name(&mut left, &format!("Revision/{revision}"), deleted);
                }
            }
        }
        Err(error) => left.push(error.to_string()),
    }
    for before in entry.before.iter().rev() {
        if before.object.is_none() {
            note(&mut left, before, remove(api, catalog, before).await);
        }
    }
    if let Err(error) = remove_jobs(api, app, &entry.release).await {
        left.push(error.to_string());
    }
    left
}

/// Whether the next request would fare no better.
fn is_hopeless(outcome: &Result<()>) -> bool {
    matches!(
        outcome,
        Err(Error::Unauthorized { .. } | Error::Unreachable { .. } | Error::LeaseLost { .. })
    )
}

fn is_service(before: &Before) -> bool {
    before.kind == SERVICE.kind && before.api_version == SERVICE.api_version()
}

fn note(left: &mut LeftOver, before: &Before, outcome: Result<()>) {
    note_name(left, &format!("{}/{}", before.kind, before.name), outcome);
}

fn note_name(left: &mut LeftOver, name: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        left.push(format!("{name}: {error}"));
    }
}

/// Applies an object as it was, unless it is so.
async fn restore(api: &Api, catalog: &Catalog, before: &Before) -> Result<()> {
    let Some(object) = &before.object else {
        return Ok(());
    };
    let resource = found(catalog, before)?;
    let live = api.get(resource, &before.name).await?;
    if live.as_ref().map(snapshot).as_ref() == Some(object) {
        return Ok(());
    }
    let how = Apply {
        dry_run: false,
        // Going back must not end at somebody who helped meanwhile.
        force: true,
    };
    api.apply(resource, object, how).await.map(|_| ())
}

/// Deletes an object that was not there, unless data would be lost.
async fn remove(api: &Api, catalog: &Catalog, before: &Before) -> Result<()> {
    let keeps = KNOWN
        .iter()
        .any(|known| known.kind == before.kind && known.prune == Prune::Report);
    if keeps {
        return Ok(());
    }
    api.delete(found(catalog, before)?, &before.name, None)
        .await
}

fn found<'a>(catalog: &'a Catalog, before: &Before) -> Result<&'a super::kinds::Resource> {
    catalog
        .find(&before.api_version, &before.kind)
        .ok_or_else(|| {
            Error::Refused(format!(
                "the cluster does not serve {} any more",
                before.kind
            ))
        })
}

/// Deletes the release's Jobs that did not finish their work: what a migration that
/// finished has done stays, and says so.
async fn remove_jobs(api: &Api, app: &str, release: &str) -> Result<()> {
    for found in api.list(&JOB, &selector(app)).await? {
        if job::release(&found) == release && !job::is_complete(&found) {
            api.delete(&JOB, name(&found), None).await?;
        }
    }
    Ok(())
}
