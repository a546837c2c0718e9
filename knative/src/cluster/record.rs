//! The record of an application's releases: a ConfigMap with one JSON entry for each.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::access::record_name;
use super::api::Api;
use super::error::{Error, Result};
use super::kinds::CONFIG_MAP;
use super::own::ours;
use super::traffic::Target;

/// How many releases are remembered.
const KEPT: usize = 10;
/// How often a write is tried that meets another one.
const ATTEMPTS: u32 = 5;

/// How a release stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Somebody is at it, or was interrupted.
    Deploying,
    /// Ready, without traffic, until it is promoted.
    Waiting,
    /// It has the traffic.
    Serving,
    /// A later one has the traffic.
    Replaced,
    /// It was taken back.
    Failed,
    /// An earlier one got the traffic back.
    RolledBack,
}

/// What a release did to the schema that an earlier one may not bear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contract {
    /// Nothing.
    #[default]
    None,
    /// A contract migration was begun, and has not been seen to finish.
    Begun,
    /// A contract migration ran.
    Done,
}

/// One release, as the record has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The release's name.
    pub release: String,
    /// The image of its pods.
    pub image: String,
    /// The application's version.
    pub version: String,
    /// When it was begun, by the API server's clock.
    pub at: DateTime<Utc>,
    /// Who began it.
    pub by: String,
    /// How it stands.
    pub state: State,
    /// How it stood before it was deployed once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) was: Option<State>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it did to the schema.
    #[serde(default)]
    pub contract: Contract,
    /// Its Knative services, each with the traffic that it had before; without any
    /// where it is new.
    pub services: BTreeMap<String, Vec<Target>>,
    /// How everything was before, while the release may still be taken back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<Before>,
}

/// An object as it was before a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Before {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    /// `None`: it was not there.
    pub(crate) object: Option<Value>,
}

impl Entry {
    /// Whether the release was begun and neither finished nor taken back.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, State::Deploying | State::Waiting)
    }
}

/// The record, from the oldest release to the newest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) entries: Vec<Entry>,
    version: Option<String>,
}

impl Record {
    /// The record of `app`; empty where there is none.
    pub(crate) async fn read(api: &Api, app: &str) -> Result<Self> {
        let Some(map) = api.get(&CONFIG_MAP, &record_name(app)).await? else {
            return Ok(Self::default());
        };
        let empty = Map::new();
        let data = map["data"].as_object().unwrap_or(&empty);
        let mut entries = data
            .iter()
            .map(|(release, text)| {
                let text = text.as_str().unwrap_or_default();
                serde_json::from_str::<Entry>(text).map_err(|error| Error::Answer {
                    what: format!("read release {release} in ConfigMap/{}", record_name(app)),
                    why: error.to_string(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        entries.sort_by_key(|entry| entry.at);
        Ok(Self {
            entries,
            version: map["metadata"]["resourceVersion"]
                .as_str()
                .map(str::to_owned),
        })
    }

    /// The release of that name.
    pub(crate) fn find(&self, release: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.release == release)
    }

    /// The release that has the traffic.
    pub(crate) fn serving(&self) -> Option<&Entry> {
        self.last(State::Serving)
    }

    /// The latest release that is in `state`.
    pub(crate) fn last(&self, state: State) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.state == state)
    }

    /// The release that was begun and neither finished nor taken back.
    pub(crate) fn open(&self) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.is_open())
    }

    fn put(&mut self, entry: Entry) {
        self.entries.retain(|other| other.release != entry.release);
        self.entries.push(entry);
        self.entries.sort_by_key(|entry| entry.at);
        while self.entries.len() > KEPT {
            // What serves is kept, however long ago it was deployed.
            let oldest = self
                .entries
                .iter()
                .position(|entry| entry.state != State::Serving && !entry.is_open());
            self.entries.remove(oldest.unwrap_or(0));
        }
    }

    async fn write(&self, api: &Api, app: &str) -> Result<()> {
        let data: BTreeMap<_, _> = self
            .entries
            .iter()
            .map(|entry| (entry.release.as_str(), json!(entry).to_string()))
            .collect();
        let mut map = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": record_name(app), "namespace": &*api.namespace, "labels": ours(app),
            },
            "data": data,
        });
        if let Some(version) = &self.version {
            map["metadata"]["resourceVersion"] = version.as_str().into();
            api.replace(&CONFIG_MAP, &map).await?;
        } else {
            api.create(&CONFIG_MAP, &map, false).await?;
        }
        Ok(())
    }
}

/// Changes the record by `change`, on what it is at that moment.
pub(crate) async fn update(
    api: &Api,
    app: &str,
    change: impl Fn(&mut Record) + Send + Sync,
) -> Result<Record> {
    let mut attempt = 1;
    loop {
        let mut record = Record::read(api, app).await?;
        change(&mut record);
        match record.write(api, app).await {
            Err(error) if error.is_conflict() && attempt < ATTEMPTS => {
                attempt += 1;
                api.pause(api.timing.retry).await?;
            }
            Err(error) => return Err(error),
            Ok(()) => return Ok(record),
        }
    }
}

/// Writes one release's entry.
pub(crate) async fn put(api: &Api, app: &str, entry: &Entry) -> Result<Record> {
    update(api, app, |record| record.put(entry.clone())).await
}

/// Writes that a release serves, and that the one before it does not any more: as
/// `then` says.
pub(crate) async fn serve(api: &Api, app: &str, entry: &Entry, then: State) -> Result<Record> {
    update(api, app, |record| {
        for other in &mut record.entries {
            if other.state == State::Serving {
                other.state = then;
            }
        }
        let mut entry = entry.clone();
        entry.state = State::Serving;
        entry.was = None;
        entry.reason = None;
        entry.before.clear();
        record.put(entry);
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64, state: State) -> Entry {
        Entry {
            release: format!("r{number}"),
            image: String::new(),
            version: String::new(),
            at: DateTime::from_timestamp(number, 0).unwrap(),
            by: String::new(),
            state,
            was: None,
            reason: None,
            contract: Contract::None,
            services: BTreeMap::new(),
            before: Vec::new(),
        }
    }

    #[test]
    fn the_last_ten_releases_are_kept_and_the_one_that_serves() {
        let mut record = Record::default();
        record.put(entry(1, State::Serving));
        for number in 2..15 {
            record.put(entry(number, State::Failed));
        }
        let names: Vec<_> = record.entries.iter().map(|e| e.release.as_str()).collect();
        assert_eq!(
            names,
            [
                "r1", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "r13", "r14"
            ]
        );
    }

    #[test]
    fn a_release_that_is_deployed_again_has_one_entry() {
        let mut record = Record::default();
        record.put(entry(1, State::Failed));
        let mut again = entry(2, State::Deploying);
        again.release = "r1".to_owned();
        record.put(again);
        assert_eq!(record.entries.len(), 1);
        assert_eq!(record.open().unwrap().release, "r1");
    }
}
