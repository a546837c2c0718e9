//! Which component is served where.

use std::collections::{BTreeMap, BTreeSet};

use spindrift_manifest::{App, HttpTarget};

use super::Mistakes;
use crate::profile::{DeliveryMode, Placement, Profile, RoutingMode};

/// The services of a small node: one for routes, one for events and ticks.
const TOGETHER: (&str, &str) = ("web", "worker");

/// Components with their services. A component of which requests, events and ticks
/// are all served is in two: no service takes both, or strangers could post events.
pub(crate) struct Placed {
    /// Those that routes lead to.
    pub(crate) routed: BTreeMap<String, String>,
    /// Those that events or ticks call.
    pub(crate) called: BTreeMap<String, String>,
}

impl Placed {
    pub(super) fn new(app: &App, profile: &Profile) -> Self {
        let together = profile.placement == Placement::Together;
        let by_manifest = |id: &String| {
            let settings = app.components.get(id).map(|component| &component.settings);
            let service = settings.and_then(|settings| settings.service.clone());
            service.unwrap_or_else(|| id.clone())
        };
        let routed = app.http.iter().filter_map(|trigger| match &trigger.target {
            HttpTarget::Component(id) => Some(id),
            HttpTarget::Static(_) => None,
        });
        let routed: BTreeMap<_, _> = routed
            .map(|id| {
                (
                    id.clone(),
                    if together {
                        TOGETHER.0.to_owned()
                    } else {
                        by_manifest(id)
                    },
                )
            })
            .collect();
        let public: BTreeSet<&String> = routed.values().collect();
        let called = app.kafka.iter().map(|trigger| &trigger.component);
        let called = called.chain(app.cron.iter().map(|trigger| &trigger.component));
        let place = |id: &String| {
            let service = by_manifest(id);
            if together {
                TOGETHER.1.to_owned()
            } else if public.contains(&service) {
                format!("{service}-events")
            } else {
                service
            }
        };
        let called = called.map(|id| (id.clone(), place(id))).collect();
        Self { routed, called }
    }
}

/// What stands before the names of all objects.
pub(super) fn prefix(app: &App, mistakes: &mut Mistakes) -> String {
    let name = app.name.to_ascii_lowercase().replace(['_', '.'], "-");
    if name.len() > 20 || !spindrift_manifest::reading::is_dns_label(&name) {
        mistakes.add(
            &app.manifest,
            "application.name",
            format!(
                "`{}` makes no names of Kubernetes: choose at most 20 letters, digits and `-`",
                app.name
            ),
        );
    }
    name
}

/// What the application has and the environment cannot do.
pub(super) fn check(app: &App, profile: &Profile, kafka: bool, mistakes: &mut Mistakes) {
    let statics = app
        .http
        .iter()
        .any(|trigger| matches!(trigger.target, HttpTarget::Static(_)));
    if statics && profile.routing.mode == RoutingMode::Gateway {
        mistakes.add(
            &profile.path,
            "routing.mode",
            "the manifest has a `static_response`, which a Gateway cannot answer: write `mode = \"edge\"`",
        );
    }
    let knative = profile.delivery.mode == DeliveryMode::Knative;
    if knative && !app.kafka.is_empty() && !kafka {
        mistakes.add(
            &profile.path,
            "delivery.mode",
            "`knative` brings events from Kafka, and no brokers are named: give the variable of \
             `[application.trigger.kafka] brokers` a value in `[variables]`, or write `mode = \"builtin\"`",
        );
    }
    for job in app.cron.iter().filter(|_| knative) {
        if schedule(job).is_none() {
            mistakes.add(
                &app.manifest,
                format!("trigger.cron ({})", job.name),
                "PingSource has no seconds: write five fields, or deliver with `mode = \"builtin\"`",
            );
        }
    }
    for trigger in &app.redis {
        let component = &trigger.component;
        mistakes.add(
            &app.manifest,
            format!("trigger.redis ({})", trigger.id),
            format!(
                "messages of Redis are for `{component}`, and nobody on Knative listens to a channel: \
                 take the trigger out of what is deployed and run `spindrift up --component {component}` \
                 beside the cluster, or publish to Kafka and write `[[trigger.kafka]]`"
            ),
        );
    }
    let outbox = app
        .settings
        .database
        .as_ref()
        .and_then(|database| database.outbox_variable.as_ref());
    let wanting = !app.kafka.is_empty() || !app.cron.is_empty();
    if wanting && !knative && outbox.is_none() {
        mistakes.add(
            &app.manifest,
            "application.tool.spindrift.database.outbox_variable",
            "the relay keeps its place in the database: name the variable with its URL, or deliver \
             with `mode = \"knative\"`",
        );
    }
}

/// A job's schedule in the five fields that PingSource has.
pub(crate) fn schedule(job: &spindrift_manifest::CronTrigger) -> Option<String> {
    let text = job.schedule.to_string();
    match text.split_ascii_whitespace().count() {
        6 => text.strip_prefix("0 ").map(str::to_owned),
        _ => Some(text),
    }
}

/// Whether a migration removes what an earlier release may need.
pub(crate) fn has_contract(app: &App) -> bool {
    let folder = app
        .settings
        .database
        .as_ref()
        .map(|database| &database.migrations);
    let Some(Ok(files)) = folder.map(std::fs::read_dir) else {
        return false;
    };
    files.flatten().any(|file| {
        let text = std::fs::read_to_string(file.path());
        text.is_ok_and(|text| spindrift_manifest::is_contract(&text))
    })
}
