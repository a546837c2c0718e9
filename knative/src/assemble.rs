//! From an application and a profile to a release.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use spindrift_manifest::App;

use crate::object::{Object, Stage};
use crate::plan::{Mistakes, Plan, Source};
use crate::profile::Profile;
use crate::release::{Release, SecretKey, Smoke};
use crate::resources;

/// Letters of a release's name behind its `r`: one in four billion is alike.
const LETTERS: usize = 8;

impl Release {
    /// What `app` is to be in the environment of `profile`. `image` goes before the
    /// profile's.
    ///
    /// # Errors
    ///
    /// Everything that keeps it from being rendered, in one go.
    pub fn new(app: &App, profile: &Profile, image: Option<&str>) -> Result<Self, Mistakes> {
        let plan = Plan::new(app, profile, image)?;
        let name = name(&resources::all(&plan, ""));
        let objects = resources::all(&plan, &name);
        Ok(Self {
            app: plan.prefix.clone(),
            namespace: profile.namespace.clone(),
            image: plan.image.clone(),
            version: app.version.clone(),
            objects,
            smoke: smoke(&plan),
            rollout: profile.rollout.clone(),
            secrets: secrets(&plan),
            topics: resources::topic_names(&plan),
            name,
        })
    }
}

/// A name made of what pods are: the same ones have the same name.
fn name(objects: &[Object]) -> String {
    let released = |object: &&Object| matches!(object.stage, Stage::Service | Stage::Delivery);
    let mut hash = Sha256::new();
    for object in objects.iter().filter(released) {
        hash.update(object.value.to_string());
        hash.update([0]);
    }
    let hash: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("r{}", &hash[..LETTERS])
}

fn smoke(plan: &Plan<'_>) -> Vec<Smoke> {
    let paths = plan.services.iter().flat_map(|service| {
        let paths = service.settings.smoke.iter().flatten();
        paths.map(|path| Smoke {
            service: plan.name(&service.name),
            path: path.clone(),
        })
    });
    paths.collect()
}

fn secrets(plan: &Plan<'_>) -> Vec<SecretKey> {
    let services = plan.services.iter().flat_map(|service| &service.env);
    let backup = plan.backup.iter();
    let backup = backup.flat_map(|backup| backup.dump.iter().chain(&backup.send));
    let env = services
        .chain(plan.relay.iter().flatten())
        .chain(plan.migrate.iter().flatten())
        .chain(backup);
    let keys = env.filter_map(|env| match &env.source {
        Source::Secret(key) => Some(key.clone()),
        Source::Text(_) => None,
    });
    let keys: BTreeSet<SecretKey> = keys.collect();
    keys.into_iter().collect()
}
