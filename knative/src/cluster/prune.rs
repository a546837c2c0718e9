//! Deleting what no release has any more.

use std::collections::BTreeSet;

use serde_json::Value;

use super::api::Api;
use super::catalog::{Catalog, Item};
use super::error::Result;
use super::kinds::{Prune, REVISION, Resource, SERVICE};
use super::objects::{array, label, name, text};
use super::own::list_ours;
use crate::labels::{PART_OF, RELEASE};

/// An object that is ours, and in the release no more.
pub(crate) struct Stray {
    pub(crate) resource: Resource,
    pub(crate) object: Value,
    pub(crate) prune: Prune,
}

impl Stray {
    pub(crate) fn title(&self) -> String {
        format!("{}/{}", self.resource.kind, name(&self.object))
    }
}

/// What is ours in the cluster and not among `items`, in the order of its deletion.
pub(crate) async fn strays(
    api: &Api,
    catalog: &Catalog,
    app: &str,
    items: &[Item],
) -> Result<Vec<Stray>> {
    let kept: BTreeSet<_> = items
        .iter()
        .map(|item| (&item.resource.group, &item.resource.kind, item.name()))
        .collect();
    let mut strays = Vec::new();
    for (known, resource) in catalog.known() {
        for object in list_ours(api, resource, app).await? {
            if !kept.contains(&(&resource.group, &resource.kind, name(&object))) {
                strays.push(Stray {
                    resource: resource.clone(),
                    object,
                    prune: known.prune,
                });
            }
        }
    }
    Ok(strays)
}

/// Deletes strays. Answers with what was deleted, and with what was left because data
/// would be lost with it.
pub(crate) async fn remove(api: &Api, strays: &[Stray]) -> Result<(Vec<String>, Vec<String>)> {
    let (mut deleted, mut left) = (Vec::new(), Vec::new());
    for stray in strays {
        if stray.prune == Prune::Report {
            left.push(stray.title());
            continue;
        }
        api.delete(&stray.resource, name(&stray.object), None)
            .await?;
        deleted.push(stray.title());
    }
    Ok((deleted, left))
}

/// Deletes the revisions of releases other than `keep`, unless a service still names
/// them.
pub(crate) async fn revisions(api: &Api, app: &str, keep: &[&str]) -> Result<()> {
    let mut named = BTreeSet::new();
    for service in list_ours(api, &SERVICE, app).await? {
        named.insert(text(&service, "/spec/template/metadata/name").to_owned());
        for target in array(&service, "/spec/traffic") {
            named.insert(text(target, "/revisionName").to_owned());
        }
        named.insert(text(&service, "/status/latestReadyRevisionName").to_owned());
    }
    let selector = format!("{PART_OF}={app},{RELEASE}");
    for revision in api.list(&REVISION, &selector).await? {
        let revision_name = name(&revision);
        if !keep.contains(&label(&revision, RELEASE)) && !named.contains(revision_name) {
            api.delete(&REVISION, revision_name, None).await?;
        }
    }
    Ok(())
}
