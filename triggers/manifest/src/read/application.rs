//! `[application]`.

use std::collections::BTreeMap;

use super::trigger::{KINDS, RESERVED};
use super::{Place, kafka, redis, settings};
use crate::app::{Settings, Variable};
use crate::fields::{Field, Fields};
use crate::kafka::KafkaSettings;
use crate::names::is_resource_name;
use crate::route::Route;
use crate::suggest::did_you_mean;
use crate::template::Template;

/// What `[application]` says.
pub(super) struct Application {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
    /// What all routes begin with: empty, or `/base`.
    pub(super) base: String,
    pub(super) kafka: KafkaSettings,
    /// Where channels are whose triggers do not say.
    pub(super) redis: Option<Template>,
    pub(super) settings: Settings,
}

pub(super) fn read(
    field: &Field<'_>,
    variables: &BTreeMap<String, Variable>,
    place: &Place<'_>,
) -> Option<Application> {
    let mut fields = field.fields()?;
    let name = fields
        .require("name", "add `name = \"my-app\"`")
        .and_then(|field| name(&field));
    let (mut base, mut kafka) = (String::new(), KafkaSettings::default());
    let mut address = None;
    if let Some(triggers) = fields.take("trigger") {
        for (kind, field) in triggers.entries() {
            match kind {
                "http" => base = read_base(&field),
                "kafka" => kafka = kafka::read(&field, variables),
                "redis" => address = redis::read(&field, variables),
                // It has no settings: what is in its table is unknown.
                "cron" => field.fields().into_iter().for_each(Fields::finish),
                _ => refuse(kind, &field),
            }
        }
    }
    let application = Application {
        name: name.unwrap_or_default(),
        version: fields.text_or_empty("version"),
        description: fields.text_or_empty("description"),
        base,
        kafka,
        redis: address,
        settings: fields
            .take("tool")
            .and_then(|field| settings::of_application(&field, variables, place))
            .unwrap_or_default(),
    };
    if let Some(authors) = fields.take("authors") {
        authors.texts();
    }
    // For Spin's own check of where an application can run; it changes nothing here.
    fields.take("targets");
    fields.finish();
    Some(application)
}

/// The name goes into topics, consumer groups and service names.
fn name(field: &Field<'_>) -> Option<String> {
    let name = field.some_text()?;
    if !is_resource_name(name) {
        field.error(
            "must be at most 63 letters, digits, `-`, `_` and `.`, beginning with a letter: \
             write `my-app`, say",
        );
    }
    Some(name.to_owned())
}

fn refuse(kind: &str, field: &Field<'_>) {
    let near = did_you_mean(kind, KINDS);
    let remedy = if near.is_empty() {
        ": remove this table".to_owned()
    } else {
        near
    };
    field.error(format!(
        "trigger type `{kind}` is not supported by this version{remedy}"
    ));
}

/// `[application.trigger.http]`'s `base`.
fn read_base(field: &Field<'_>) -> String {
    let Some(mut fields) = field.fields() else {
        return String::new();
    };
    let base = fields
        .take("base")
        .and_then(|field| base_path(&field, field.text()?));
    fields.finish();
    base.unwrap_or_default()
}

fn base_path(field: &Field<'_>, text: &str) -> Option<String> {
    match Route::parse(text) {
        Ok(route) if route.has_wildcard() || route.parameters().next().is_some() => {
            field.error("must be a plain path, without `:` and `...`: write `/base`, say");
            None
        }
        Ok(route) if route.is_reserved() => {
            field.error(RESERVED);
            None
        }
        Ok(_) => Some(text.trim_end_matches('/').to_owned()),
        Err(error) => {
            field.error(error.to_string());
            None
        }
    }
}
