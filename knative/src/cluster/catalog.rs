//! What the cluster serves, and a release in its terms.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use serde_json::Value;

use super::api::Api;
use super::error::Result;
use super::kinds::{INTERCHANGEABLE, KNOWN, Known, Resource};
use super::objects::{array, text};
use crate::object::{Stage, group_of};
use crate::release::Release;

/// The kinds that a cluster serves, of those that the engine knows.
pub(crate) struct Catalog {
    /// The preferred version of a kind before its others.
    resources: Vec<Resource>,
}

/// An object of a release, and the kind under which this cluster has it.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) stage: Stage,
    pub(crate) resource: Resource,
    pub(crate) value: Value,
}

impl Item {
    pub(crate) fn name(&self) -> &str {
        super::objects::name(&self.value)
    }

    /// How people name it: `Service/tasks`.
    pub(crate) fn title(&self) -> String {
        format!("{}/{}", self.resource.kind, self.name())
    }
}

impl Catalog {
    /// Asks the API server.
    pub(crate) async fn read(api: &Api, release: Option<&Release>) -> Result<Self> {
        let mut wanted: BTreeSet<&str> = KNOWN.iter().map(|known| known.group).collect();
        wanted.insert("batch");
        for object in release.iter().flat_map(|release| &release.objects) {
            wanted.insert(group_of(object.api_version()));
        }
        let groups = api.document("/apis").await?.unwrap_or_default();
        let mut versions = vec![(String::new(), "v1".to_owned())];
        for group in array(&groups, "/groups") {
            let name = text(group, "/name");
            if !wanted.contains(name) {
                continue;
            }
            let preferred = text(group, "/preferredVersion/version");
            let mut of_group: Vec<_> = array(group, "/versions")
                .iter()
                .map(|version| text(version, "/version"))
                .collect();
            of_group.sort_by_key(|version| *version != preferred);
            versions.extend(
                of_group
                    .into_iter()
                    .map(|v| (name.to_owned(), v.to_owned())),
            );
        }
        let read = versions
            .iter()
            .map(|(group, version)| served(api, group, version));
        let resources = try_join_all(read).await?.into_iter().flatten().collect();
        Ok(Self { resources })
    }

    /// The kind in the version that `api_version` names, or in one that is written
    /// alike.
    pub(crate) fn find(&self, api_version: &str, kind: &str) -> Option<&Resource> {
        let group = group_of(api_version);
        let alike = INTERCHANGEABLE.contains(&(group, kind));
        self.resources
            .iter()
            .find(|served| served.kind == kind && served.api_version() == api_version)
            .or_else(|| self.preferred(group, kind).filter(|_| alike))
    }

    /// The kind in the version that the cluster prefers.
    pub(crate) fn preferred(&self, group: &str, kind: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|served| served.kind == kind && served.group == group)
    }

    /// What a release may consist of, where it is served, in the order of [`KNOWN`].
    pub(crate) fn known(&self) -> impl Iterator<Item = (&'static Known, &Resource)> {
        KNOWN
            .iter()
            .filter_map(|known| Some((known, self.preferred(known.group, known.kind)?)))
    }

    /// A release's objects as this cluster takes them, and what to say of the kinds
    /// that it does not serve.
    pub(crate) fn items(&self, release: &Release) -> (Vec<Item>, Vec<String>) {
        let mut items = Vec::with_capacity(release.objects.len());
        let mut missing = BTreeMap::<String, Vec<&str>>::new();
        for object in &release.objects {
            if let Some(resource) = self.find(object.api_version(), object.kind()) {
                let mut value = object.value.clone();
                value["apiVersion"] = resource.api_version().into();
                items.push(Item {
                    stage: object.stage,
                    resource: Resource {
                        elsewhere: object.elsewhere(&release.namespace).map(str::to_owned),
                        ..resource.clone()
                    },
                    value,
                });
            } else {
                missing
                    .entry(format!("{} ({})", object.kind(), object.api_version()))
                    .or_default()
                    .push(object.name());
            }
        }
        let problems = missing
            .into_iter()
            .map(|(kind, names)| {
                let name = kind.split(' ').next().unwrap_or_default();
                let remedy = KNOWN
                    .iter()
                    .find(|known| known.kind == name)
                    .and_then(|known| known.remedy)
                    .unwrap_or("install what serves it");
                format!(
                    "the cluster does not serve {kind}, which {} needs: {remedy}",
                    names.join(", ")
                )
            })
            .collect();
        (items, problems)
    }
}

async fn served(api: &Api, group: &str, version: &str) -> Result<Vec<Resource>> {
    let path = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    let list = api.document(&path).await?.unwrap_or_default();
    Ok(array(&list, "/resources")
        .iter()
        .filter(|resource| !text(resource, "/name").contains('/'))
        .map(|resource| Resource {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: text(resource, "/kind").to_owned().into(),
            plural: text(resource, "/name").to_owned().into(),
            namespaced: resource["namespaced"].as_bool().unwrap_or_default(),
            elsewhere: None,
        })
        .collect())
}
