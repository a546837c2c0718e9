//! The parts of a manifest, one module each. Every function reports what is
//! wrong, goes on, and answers what it could make of the rest.

mod application;
pub(crate) mod choice;
mod component;
mod dependencies;
mod files;
pub(crate) mod kafka;
mod limits;
mod origin;
pub(crate) mod quantity;
pub(crate) mod redis;
mod response;
pub(crate) mod services;
mod settings;
mod source;
mod trigger;
mod variables;

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::{App, Checks, Component, Variable};
use crate::document::Data;
use crate::fields::{Field, Fields};
use crate::suggest::did_you_mean;
use crate::template::Template;
pub use quantity::parse_duration;
use trigger::Scope;
pub(crate) use variables::check_values;

/// Where the manifest is, and what to check besides its text.
pub(crate) struct Place<'a> {
    pub(crate) manifest: &'a Path,
    pub(crate) root: &'a Path,
    pub(crate) checks: &'a Checks,
}

/// Reads a whole manifest. `None` always comes with a mistake in the report.
pub(crate) fn app(root: &Field<'_>, place: &Place<'_>) -> Option<App> {
    let mut fields = root.fields()?;
    check_version(&mut fields);
    let application = fields.require("application", "add `[application]` with a `name`");
    let variables = fields
        .take("variables")
        .map(|field| variables::read(&field));
    let variables = variables.unwrap_or_default();
    let mut components = BTreeMap::new();
    if let Some(field) = fields.take("component") {
        for (id, field) in field.entries() {
            components.insert(
                id.to_owned(),
                component::read(id, &field, &variables, place),
            );
        }
    }
    let application = application.and_then(|field| application::read(&field, &variables, place));
    let triggers = fields.require(
        "trigger",
        "nothing would ever call this application; add `[[trigger.http]]` with `route` and \
         `component`",
    );
    let triggers = triggers.map(|field| {
        let (name, base, redis) = application.as_ref().map_or(("", "", None), |application| {
            let redis = application.redis.as_ref();
            (&*application.name, &*application.base, redis)
        });
        let mut scope = Scope {
            application: name,
            base,
            redis,
            variables: &variables,
            components: &mut components,
            place,
            ids: BTreeMap::new(),
        };
        trigger::read(&field, &mut scope)
    });
    fields.finish();
    if let Some(provided) = &place.checks.provided {
        check_values(root.report, &variables, provided);
    }

    let (application, triggers) = (application?, triggers?);
    let components = components
        .into_iter()
        .map(|(id, component)| Some((id, component?)));
    Some(App {
        is_version_1: false,
        manifest: place.manifest.to_owned(),
        root: place.root.to_owned(),
        fetched: place.checks.fetched.clone(),
        name: application.name,
        version: application.version,
        description: application.description,
        variables,
        components: components.collect::<Option<BTreeMap<String, Component>>>()?,
        http: triggers.http,
        kafka: triggers.kafka,
        cron: triggers.cron,
        redis: triggers.redis,
        kafka_settings: application.kafka,
        settings: application.settings,
    })
}

/// Checks `spin_manifest_version`. Version 1 was made version 2 before.
fn check_version(fields: &mut Fields<'_>) {
    let remedy = "write `spin_manifest_version = 2` on the first line";
    let Some(version) = fields.require("spin_manifest_version", remedy) else {
        return;
    };
    match &version.node.data {
        Data::Integer(2) => {}
        Data::Text(text) if text == "2" => {
            version.error("must be a number: write `2` without quotes");
        }
        _ => version.error("only version 2 is supported: write `spin_manifest_version = 2`"),
    }
}

/// Reads a template over the application's variables.
fn template(field: &Field<'_>, variables: &BTreeMap<String, Variable>) -> Option<Template> {
    let template = match Template::parse(field.text()?) {
        Ok(template) => template.on_line(field.line()),
        Err(error) => {
            field.error(format!("malformed template: {error}"));
            return None;
        }
    };
    for name in template.variables() {
        check_variable(field, name, variables);
    }
    Some(template)
}

/// Reports a name that is no variable of the application.
fn check_variable(field: &Field<'_>, name: &str, variables: &BTreeMap<String, Variable>) {
    if !variables.contains_key(name) {
        let near = did_you_mean(name, variables.keys().map(String::as_str));
        let remedy = if near.is_empty() {
            "; declare it in `[variables]`".to_owned()
        } else {
            near
        };
        field.error(format!("unknown variable `{name}`{remedy}"));
    }
}
