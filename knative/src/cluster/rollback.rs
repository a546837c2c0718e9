//! Going back to a release that served.

use std::collections::BTreeMap;

use serde_json::Value;
use tokio::time::Instant;

use super::Cluster;
use super::api::Api;
use super::catalog::Catalog;
use super::conditions::{self, Condition};
use super::delivery;
use super::deploy::{Outcome, step, take_back};
use super::error::{Error, Result};
use super::kinds::{DEPLOYMENT, REPLICA_SET, REVISION, SERVICE};
use super::lease;
use super::objects::{Apply, array, label, name, text};
use super::options::Options;
use super::own::{list_ours, of_release, snapshot, template_of};
use super::progress::{Event, Progress};
use super::ready::{self, revision_name};
use super::record::{self, Contract, Entry, Record, State};
use super::traffic::{self, Target};
use crate::labels::RELEASE;

impl Cluster {
    /// Gives the traffic of all services of `app` back to the release `to`, or to the
    /// one that served last, and the relay its pods. A deployment that was interrupted,
    /// or waits, is taken back instead.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is no such release, when a revision of it is gone,
    /// or, without `force`, when a contract migration has run since. [`Error::Left`]
    /// when it ended halfway.
    pub async fn rollback(
        &self,
        app: &str,
        namespace: &str,
        to: Option<&str>,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Outcome> {
        let api = self.api(namespace, &options.cancel);
        let lease = lease::take(&api, app, &self.holder, options.wait).await?;
        let outcome = held(&api, app, to, options, progress).await;
        lease.release().await;
        if let Ok(outcome) = &outcome {
            progress.event(&Event::Done {
                release: outcome.release.clone(),
            });
        }
        outcome
    }
}

async fn held(
    api: &Api,
    app: &str,
    to: Option<&str>,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Outcome> {
    let record = Record::read(api, app).await?;
    if let Some(open) = record.open() {
        step(progress, &format!("Take back release {}", open.release));
        let catalog = Catalog::read(api, None).await?;
        take_back(api, &catalog, app, open, "it was taken back by hand").await?;
        if to.is_none() {
            let serving = record.serving().map(|entry| entry.release.clone());
            return Ok(outcome(&serving.unwrap_or_default()));
        }
    }
    let record = Record::read(api, app).await?;
    let entry = choose(&record, app, to)?;
    if !options.force {
        check_schema(&record, entry)?;
    }
    step(progress, &format!("Check release {}", entry.release));
    let revisions = revisions(api, entry).await?;
    let relays = relays(api, app, &entry.release, options.force).await?;
    step(
        progress,
        &format!("Traffic back to release {}", entry.release),
    );
    let moved = go_back(api, &revisions, &relays).await;
    if let Err(error) = moved {
        return Err(Error::Left {
            release: entry.release.clone(),
            cause: Box::new(error),
            left: vec!["services and the relay may be of two releases".to_owned()],
            command: format!(
                "spindrift rollback --to {} --namespace {}",
                entry.release, api.namespace
            ),
        });
    }
    record::serve(api, app, entry, State::RolledBack).await?;
    progress.event(&Event::Traffic {
        release: entry.release.clone(),
        percent: 100,
    });
    Ok(outcome(&entry.release))
}

fn outcome(release: &str) -> Outcome {
    Outcome {
        release: release.to_owned(),
        state: State::Serving,
        unchanged: false,
        pruned: Vec::new(),
        notes: Vec::new(),
    }
}

fn choose<'a>(record: &'a Record, app: &str, to: Option<&str>) -> Result<&'a Entry> {
    let known = || {
        let names = record.entries.iter().rev();
        names
            .map(|entry| entry.release.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match to {
        Some(to) => {
            let entry = record.find(to).ok_or_else(|| {
                Error::Refused(format!(
                    "{app} has had no release {to}; known are {}",
                    known()
                ))
            })?;
            if entry.state == State::Failed {
                return Err(Error::Refused(format!("release {to} has never served")));
            }
            Ok(entry)
        }
        None => record
            .last(State::Replaced)
            .ok_or_else(|| Error::Refused(format!("{app} has no earlier release that served"))),
    }
}

/// An earlier release may not bear a schema from which a later one took something.
fn check_schema(record: &Record, target: &Entry) -> Result<()> {
    let later = record
        .entries
        .iter()
        .find(|entry| entry.at > target.at && entry.contract != Contract::None);
    match later {
        None => Ok(()),
        Some(later) => Err(Error::Refused(format!(
            "release {} ran a contract migration, so that the database may lack what \
             release {} needs: deploy a new release, or use --force if you know that it fits",
            later.release, target.release
        ))),
    }
}

/// The release's revisions by service: all of them, or an error that names who lacks
/// one.
async fn revisions(api: &Api, entry: &Entry) -> Result<BTreeMap<String, Value>> {
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    for service in entry.services.keys() {
        let revision = revision_name(service, &entry.release);
        match api.get(&REVISION, &revision).await? {
            None => missing.push(format!("{revision} is gone")),
            Some(object) => match conditions::of(&object, "Ready") {
                Condition::False { reason, message } => {
                    missing.push(format!(
                        "{revision}: {}",
                        conditions::say(&reason, &message)
                    ));
                }
                _ => {
                    found.insert(service.clone(), object);
                }
            },
        }
    }
    if missing.is_empty() {
        Ok(found)
    } else {
        Err(Error::Refused(format!(
            "release {} cannot serve again: {}; deploy it anew",
            entry.release,
            missing.join(", ")
        )))
    }
}

async fn go_back(api: &Api, revisions: &BTreeMap<String, Value>, relays: &[Value]) -> Result<()> {
    let mut targets = BTreeMap::<String, Vec<Target>>::new();
    for (service, revision) in revisions {
        let Some(live) = api.get(&SERVICE, service).await? else {
            return Err(Error::Refused(format!("service {service} is gone")));
        };
        let whole = vec![traffic::whole(name(revision))];
        let mut object = snapshot(&live);
        object["spec"]["traffic"] = traffic::spec(&whole);
        object["spec"]["template"] = template_of(revision);
        api.apply(&SERVICE, &object, FORCE).await?;
        targets.insert(service.clone(), whole);
    }
    let until = Instant::now() + api.timing.settle;
    ready::traffic(api, &targets, until).await?;
    for relay in relays {
        api.apply(&DEPLOYMENT, relay, FORCE).await?;
        let until = Instant::now() + api.timing.settle;
        delivery::rollout(api, name(relay), until).await?;
    }
    Ok(())
}

const FORCE: Apply = Apply {
    dry_run: false,
    force: true,
};

/// Every Deployment of ours with the pods that it had in `release`, from the ReplicaSet
/// that Kubernetes keeps of it. With `force`, one that has none stays as it is.
async fn relays(api: &Api, app: &str, release: &str, force: bool) -> Result<Vec<Value>> {
    let sets = api.list(&REPLICA_SET, &of_release(app, release)).await?;
    let mut relays = Vec::new();
    for live in list_ours(api, &DEPLOYMENT, app).await? {
        if label(&live["spec"]["template"], RELEASE) == release {
            continue;
        }
        let owned = |set: &&Value| {
            array(set, "/metadata/ownerReferences")
                .iter()
                .any(|owner| text(owner, "/name") == name(&live) && owner["kind"] == "Deployment")
        };
        match sets.iter().find(owned) {
            Some(set) => relays.push(with_pods_of(&live, set)),
            None if force => {}
            None => {
                return Err(Error::Refused(format!(
                    "deployment {} has no ReplicaSet of release {release}: deploy that release \
                     anew, or use --force to leave the deployment as it is",
                    name(&live)
                )));
            }
        }
    }
    Ok(relays)
}

fn with_pods_of(deployment: &Value, set: &Value) -> Value {
    let mut object = snapshot(deployment);
    let mut template = set["spec"]["template"].clone();
    let labels = template.pointer_mut("/metadata/labels");
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    object["spec"]["template"] = template;
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn entry(number: i64, state: State, contract: Contract) -> Entry {
        serde_json::from_value(serde_json::json!({
            "release": format!("r{number}"), "image": "", "version": "", "by": "",
            "at": DateTime::from_timestamp(number, 0), "state": state,
            "contract": contract, "services": {},
        }))
        .unwrap()
    }

    fn record(entries: Vec<Entry>) -> Record {
        let mut record = Record::default();
        record.entries = entries;
        record
    }

    #[test]
    fn the_last_release_that_served_is_chosen() {
        let record = record(vec![
            entry(1, State::Replaced, Contract::None),
            entry(2, State::Replaced, Contract::None),
            entry(3, State::Failed, Contract::None),
            entry(4, State::Serving, Contract::None),
        ]);
        assert_eq!(choose(&record, "todo", None).unwrap().release, "r2");
        assert_eq!(choose(&record, "todo", Some("r1")).unwrap().release, "r1");
        assert!(choose(&record, "todo", Some("r3")).is_err());
        assert!(choose(&record, "todo", Some("r9")).is_err());
    }

    #[test]
    fn a_contract_migration_since_then_stands_in_the_way() {
        let record = record(vec![
            entry(1, State::Replaced, Contract::Done),
            entry(2, State::Replaced, Contract::None),
            entry(3, State::Serving, Contract::Begun),
        ]);
        assert!(check_schema(&record, &record.entries[1]).is_err());
        assert!(check_schema(&record, &record.entries[2]).is_ok());
    }
}
