//! Locked applications: what Spin makes of a manifest, and hands to the process of each
//! type of triggers.
//!
//! The part that belongs to one type is put as `spin.toml` would put it, and read as that
//! is. A mistake in the document itself is told by its path there, and one in what
//! somebody wrote by the manifest's own key; both with the document's line.

mod component;

use std::path::Path;

use crate::app::{App, Checks};
use crate::diagnostics::{Diagnostics, Report};
use crate::document::{Data, Entry, Node, at_place, named, with_key};
use crate::fields::{Field, Fields};
use crate::json;
use crate::read::{self, Place};

/// What to do about a document that lacks something.
const NOT_LOCKED: &str = "this is no locked application as `spin up` writes it";
/// What a host must be able to do for functions that ask each other. It is looked at in
/// the hosts that they are allowed.
const CHAINING: &str = "local_service_chaining";

/// Reads and checks a locked application: its triggers of the type `kind`, and the
/// components that these call. Relative paths of its settings start at `root`. Nothing of
/// other types is looked at, for others run it.
///
/// # Errors
///
/// What is wrong with the document; else all mistakes in what it says.
pub fn load_locked(
    path: &Path,
    root: &Path,
    kind: &str,
    checks: &Checks,
) -> Result<App, Diagnostics> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Diagnostics::of_file(path, format!("can't be read: {error}")))?;
    let report = Report::on(&text);
    let app = match json::parse(&text) {
        Ok(document) => {
            let place = Place {
                manifest: path,
                root,
                checks,
            };
            manifest(&Field::root(&report, &document), kind)
                .and_then(|manifest| read::app(&Field::root(&report, &manifest), &place))
        }
        Err((at, message)) => {
            report.error(at, "", format!("not valid JSON: {message}"));
            None
        }
    };
    report.finish(path)?;
    // Without an application there was a mistake.
    app.ok_or_else(|| Diagnostics::of_file(path, "can't be read".to_owned()))
}

/// The manifest that says the same. `None` always comes with a mistake in the report.
fn manifest(document: &Field<'_>, kind: &str) -> Option<Node> {
    let at = document.at;
    let mut fields = document.fields()?;
    check_version(&fields.require("spin_lock_version", NOT_LOCKED)?);
    check_understood(&mut fields);
    check_requirements(&mut fields);
    let triggers = triggers(&fields.require("triggers", NOT_LOCKED)?, kind)?;
    let components = component::called(&fields.require("components", NOT_LOCKED)?, &triggers)?;
    let application = application(&fields.require("metadata", NOT_LOCKED)?, kind)?;
    let triggers = with_key(kind, at, at_place(at, Data::List(triggers)));
    let version = at_place(at, Data::Integer(2));
    let mut entries = vec![
        with_key("spin_manifest_version", at, version),
        application,
        named("component", at, components),
        named("trigger", at, vec![triggers]),
    ];
    if let Some(field) = fields.take("variables") {
        entries.push(variables(&field)?);
    }
    Some(at_place(at, Data::Table(entries)))
}

fn check_version(field: &Field<'_>) {
    if !matches!(field.data(), Data::Integer(0 | 1)) {
        field.error(
            "only versions 0 and 1 are known: update Spindrift, or run this with a Spin that it \
             knows",
        );
    }
}

/// Reports what the document must not be run without.
fn check_understood(fields: &mut Fields<'_>) {
    let Some(field) = fields.take("must_understand") else {
        return;
    };
    for element in field.elements() {
        if let Some(what) = element.text()
            && !["host_requirements", "component_host_requirements"].contains(&what)
        {
            element.error(format!(
                "the application must not run where `{what}` is not understood, and here it is not"
            ));
        }
    }
}

/// Reports what the application, or a component, needs and does not find here.
fn check_requirements(fields: &mut Fields<'_>) {
    let Some(field) = fields.take("host_requirements") else {
        return;
    };
    for (feature, field) in field.entries() {
        let optional = matches!(field.data(), Data::Text(text) if text == "optional");
        if feature != CHAINING && !optional {
            field.error(format!(
                "`{feature}` is required, and this version has it not"
            ));
        }
    }
}

/// The triggers of a type: at least one.
fn triggers(field: &Field<'_>, kind: &str) -> Option<Vec<Node>> {
    let mut triggers = Vec::new();
    for element in field.elements() {
        let mut fields = element.fields()?;
        let said = fields.require("trigger_type", NOT_LOCKED)?;
        if said.text()? != kind {
            continue;
        }
        let mut config = table(&fields.require("trigger_config", NOT_LOCKED)?)?;
        if let Some(id) = fields.take("id") {
            config.push(kept("id", &id));
        }
        refuse_dependencies(&mut fields);
        triggers.push(at_place(element.at, Data::Table(config)));
    }
    if triggers.is_empty() {
        field.error(format!("there is no trigger of the type `{kind}`"));
        return None;
    }
    Some(triggers)
}

fn refuse_dependencies(fields: &mut Fields<'_>) {
    fields.refuse(
        "trigger_dependencies",
        "compose the components when building, with `wac plug`, say",
    );
}

/// What is said of the application as a whole, and to all triggers of the type.
fn application(metadata: &Field<'_>, kind: &str) -> Option<Entry> {
    let mut fields = metadata.fields()?;
    let mut said = Vec::new();
    for key in ["name", "version", "description"] {
        said.extend(fields.take(key).map(|field| kept(key, &field)));
    }
    if let Some(settings) = fields.take("triggers") {
        let own = settings.entries().into_iter().find(|(key, _)| *key == kind);
        if let Some((_, field)) = own {
            said.push(named("trigger", field.at, vec![kept(kind, &field)]));
        }
    }
    Some(named("application", metadata.at, said))
}

/// A variable without a default is required.
fn variables(field: &Field<'_>) -> Option<Entry> {
    let mut said = Vec::new();
    for (name, variable) in field.entries() {
        let mut entries = table(&variable)?;
        entries.retain(|entry| ["default", "secret", "description"].contains(&entry.key.as_str()));
        if !entries.iter().any(|entry| entry.key == "default") {
            let required = at_place(variable.at, Data::Boolean(true));
            entries.push(with_key("required", variable.at, required));
        }
        said.push(named(name, variable.at, entries));
    }
    Some(named("variables", field.at, said))
}

/// The entries of a table; `None`, and a mistake in the report, for anything else.
fn table(field: &Field<'_>) -> Option<Vec<Entry>> {
    field.fields()?;
    match field.data() {
        Data::Table(entries) => Some(entries.clone()),
        _ => None,
    }
}

/// A value as it is, under another key.
fn kept(key: &str, field: &Field<'_>) -> Entry {
    with_key(key, field.at, field.node.clone())
}
