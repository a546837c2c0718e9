//! `[application]`.

use std::collections::BTreeMap;

use super::{Place, settings};
use crate::app::{Settings, Variable};
use crate::fields::Field;
use crate::route::Route;
use crate::suggest::did_you_mean;

/// What `[application]` says.
pub(super) struct Application {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) description: String,
    /// What all routes begin with: empty, or `/base`.
    pub(super) base: String,
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
    let application = Application {
        name: name.unwrap_or_default(),
        version: fields.text_or_empty("version"),
        description: fields.text_or_empty("description"),
        base: fields
            .take("trigger")
            .map(|field| base(&field))
            .unwrap_or_default(),
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
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if !begins || name.len() > 63 || !name.bytes().all(fits) {
        field.error(
            "must be at most 63 letters, digits, `-`, `_` and `.`, beginning with a letter: \
             write `my-app`, say",
        );
    }
    Some(name.to_owned())
}

/// `[application.trigger.http]`'s `base`.
fn base(field: &Field<'_>) -> String {
    let mut base = String::new();
    for (kind, field) in field.entries() {
        if kind != "http" {
            let near = did_you_mean(kind, ["http"]);
            let remedy = if near.is_empty() {
                ": remove this table".to_owned()
            } else {
                near
            };
            field.error(format!(
                "trigger type `{kind}` is not supported by this version{remedy}"
            ));
            continue;
        }
        let Some(mut fields) = field.fields() else {
            continue;
        };
        if let Some(field) = fields.take("base") {
            base = field
                .text()
                .and_then(|text| base_path(&field, text))
                .unwrap_or_default();
        }
        fields.finish();
    }
    base
}

fn base_path(field: &Field<'_>, text: &str) -> Option<String> {
    match Route::parse(text) {
        Ok(route) if route.has_wildcard() || route.parameters().next().is_some() => {
            field.error("must be a plain path, without `:` and `...`: write `/base`, say");
            None
        }
        Ok(_) => Some(text.trim_end_matches('/').to_owned()),
        Err(error) => {
            field.error(error.to_string());
            None
        }
    }
}
