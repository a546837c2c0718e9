//! The services, with their settings and what they are told.

use std::collections::{BTreeMap, BTreeSet};

use spindrift_manifest::{App, ServiceSettings};

use super::{EDGE, Env, Mistakes, Placed, env};
use crate::profile::{Profile, RoutingMode};

/// What a service is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Answers requests of the application's routes.
    Routes,
    /// Is given events and ticks; nobody outside reaches it.
    Events,
    /// Forwards requests to those that answer them.
    Edge,
}

/// A Knative service.
pub(crate) struct Service {
    /// Its name, without the application's.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// What is served; nothing by the edge.
    pub(crate) components: Vec<String>,
    pub(crate) settings: ServiceSettings,
    pub(crate) env: Vec<Env>,
}

/// All services, by name.
pub(super) fn all(
    app: &App,
    profile: &Profile,
    placed: &Placed,
    mistakes: &mut Mistakes,
) -> Vec<Service> {
    let mut groups: BTreeMap<(&str, Role), Vec<&str>> = BTreeMap::new();
    for (places, role) in [
        (&placed.routed, Role::Routes),
        (&placed.called, Role::Events),
    ] {
        for (component, service) in places {
            groups.entry((service, role)).or_default().push(component);
        }
    }
    if profile.routing.mode == RoutingMode::Edge && !placed.routed.is_empty() {
        groups.insert((EDGE, Role::Edge), Vec::new());
    }
    check_names(app, profile, &groups, mistakes);
    let services = groups
        .into_iter()
        .map(|((name, role), components)| Service {
            settings: settings(app, profile, name, &components),
            env: env::service(app, profile, &components, mistakes),
            name: name.to_owned(),
            role,
            components: components.into_iter().map(str::to_owned).collect(),
        });
    services.collect()
}

/// The profile goes before the manifest, and the manifest before the defaults.
fn settings(app: &App, profile: &Profile, name: &str, components: &[&str]) -> ServiceSettings {
    let nothing = ServiceSettings::default();
    let by_profile = profile.services.get(name).unwrap_or(&nothing);
    let by_manifest = app.settings.services.get(name).unwrap_or(&nothing);
    let own = match components {
        [one] => &app.components[*one].settings.own,
        _ => &nothing,
    };
    by_profile.or(by_manifest).or(own).or(&profile.defaults)
}

fn check_names(
    app: &App,
    profile: &Profile,
    groups: &BTreeMap<(&str, Role), Vec<&str>>,
    mistakes: &mut Mistakes,
) {
    let known: BTreeSet<&str> = groups.keys().map(|(name, _)| *name).collect();
    let list = known.iter().copied().collect::<Vec<_>>().join(", ");
    for (file, names, table) in [
        (&profile.path, profile.services.keys(), "services"),
        (
            &app.manifest,
            app.settings.services.keys(),
            "application.tool.spindrift.services",
        ),
    ] {
        // With all functions together, what the manifest says of each does not count.
        let counts =
            table == "services" || profile.placement == crate::profile::Placement::Manifest;
        for name in names.filter(|name| counts && !known.contains(name.as_str())) {
            let message = format!("there is no such service: known are {list}");
            mistakes.add(file, format!("{table}.{name}"), message);
        }
    }
    let mut names = BTreeSet::new();
    for (name, role) in groups.keys() {
        if !names.insert(*name) {
            let message = format!(
                "the service `{name}` is there twice: call one of them something else ({role:?})"
            );
            mistakes.add(&app.manifest, format!("component.{name}"), message);
        }
        if name.len() > 36 {
            let message = format!("`{name}` is too long a name for a service: at most 30 letters");
            mistakes.add(&app.manifest, format!("component.{name}"), message);
        }
    }
}
