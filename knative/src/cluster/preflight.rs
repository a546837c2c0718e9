//! What can be known before anything is changed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::access;
use super::api::Api;
use super::catalog::{Catalog, Item};
use super::error::{Error, Result};
use super::kinds::{NAMESPACE, SECRET};
use super::objects::Apply;
use super::options::Options;
use crate::object::Stage;
use crate::release::Release;

/// A release that the cluster seems to take.
pub(crate) struct Checked {
    pub(crate) catalog: Catalog,
    pub(crate) items: Vec<Item>,
    /// Whether the namespace is still to be made.
    pub(crate) namespace_is_missing: bool,
}

/// Looks for everything that stands against `release`, changing nothing.
///
/// # Errors
/// [`Error::Preflight`] with all of it; others when the cluster cannot be asked.
pub(crate) async fn check(api: &Api, release: &Release, options: &Options) -> Result<Checked> {
    let catalog = Catalog::read(api, Some(release)).await?;
    let (items, mut problems) = catalog.items(release);
    let namespace_is_missing = is_missing(api, &release.namespace).await?;
    if namespace_is_missing && !options.create_namespace {
        problems.push(format!(
            "there is no namespace {0}: `kubectl create namespace {0}` makes it, and so does \
             --create-namespace",
            release.namespace
        ));
        return Err(Error::Preflight(problems));
    }
    let denied = access::lacking(api, &catalog, release).await?;
    // Without access the rest would only repeat that.
    if !denied.is_empty() {
        problems.extend(denied);
        return Err(Error::Preflight(problems));
    }
    if !namespace_is_missing {
        problems.extend(missing_secrets(api, release).await?);
        problems.extend(refusals(api, &items, options).await?);
    } else {
        let missing = missing_lines(release, &BTreeSet::new());
        if !missing.is_empty() {
            problems.push(format!(
                "Secrets need the namespace {0}: `kubectl create namespace {0}` makes it",
                release.namespace
            ));
            problems.extend(missing);
        }
    }
    if problems.is_empty() {
        Ok(Checked {
            catalog,
            items,
            namespace_is_missing,
        })
    } else {
        Err(Error::Preflight(problems))
    }
}

/// Who may not even look for the namespace is told so by the review of access.
async fn is_missing(api: &Api, namespace: &str) -> Result<bool> {
    match api.get(&NAMESPACE, namespace).await {
        Ok(found) => Ok(found.is_none()),
        Err(Error::Api { status, .. }) if status.code == 403 => Ok(false),
        Err(error) => Err(error),
    }
}

async fn missing_secrets(api: &Api, release: &Release) -> Result<Vec<String>> {
    let mut present = BTreeSet::new();
    let names: BTreeSet<_> = release.secrets.iter().map(|key| &key.secret).collect();
    for name in names {
        let secret = api.get(&SECRET, name).await?.unwrap_or_default();
        let keys = secret.get("data").and_then(Value::as_object);
        for key in keys.into_iter().flat_map(|data| data.keys()) {
            present.insert((name.clone(), key.clone()));
        }
        if !secret.is_null() {
            present.insert((name.clone(), String::new()));
        }
    }
    Ok(missing_lines(release, &present))
}

/// A line for each Secret that lacks keys. `present` has a pair for each key, and one
/// with an empty key for each Secret.
fn missing_lines(release: &Release, present: &BTreeSet<(String, String)>) -> Vec<String> {
    let mut missing = BTreeMap::<&str, BTreeSet<&str>>::new();
    for key in &release.secrets {
        if !present.contains(&(key.secret.clone(), key.key.clone())) {
            missing.entry(&key.secret).or_default().insert(&key.key);
        }
    }
    let namespace = &release.namespace;
    missing
        .into_iter()
        .map(|(secret, keys)| {
            let names = keys.iter().copied().collect::<Vec<_>>().join(", ");
            if present.contains(&(secret.to_owned(), String::new())) {
                return format!(
                    "Secret {secret} has no key {names}: add it with `kubectl edit secret \
                     {secret} --namespace {namespace}`, base64-encoded under `data`"
                );
            }
            let files = keys
                .iter()
                .map(|key| format!(" --from-file={key}=FILE"))
                .collect::<String>();
            format!(
                "there is no Secret {secret} with {names}: `kubectl create secret generic \
                 {secret} --namespace {namespace}{files}` makes it"
            )
        })
        .collect()
}

/// What webhooks, quotas, schemas and other managers have against the objects.
async fn refusals(api: &Api, items: &[Item], options: &Options) -> Result<Vec<String>> {
    let mut refusals = Vec::new();
    for item in items {
        let answer = if item.stage == Stage::Migration {
            // A Job that is there cannot change: it is not applied but looked at.
            if api.get(&item.resource, item.name()).await?.is_some() {
                continue;
            }
            api.create(&item.resource, &item.value, true).await
        } else {
            let how = Apply {
                dry_run: true,
                force: options.force,
            };
            api.apply(&item.resource, &item.value, how).await
        };
        match answer {
            Ok(_) => {}
            Err(error @ (Error::Api { .. } | Error::Conflict { .. })) => {
                refusals.push(error.to_string());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refusals)
}
