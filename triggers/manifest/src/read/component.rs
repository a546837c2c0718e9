//! `[component.<id>]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Place, dependencies, files, origin, settings, source, template};
use crate::app::{Build, Component, Handler, Variable};
use crate::document::Data;
use crate::fields::Field;
use crate::hosts::{AllowedHosts, HostError};
use crate::names::{check_variable_name, is_kebab_case, is_snake_case};
use crate::origin::Origin;
use crate::template::Template;

pub(super) fn read(
    id: &str,
    field: &Field<'_>,
    application: &BTreeMap<String, Variable>,
    place: &Place<'_>,
) -> Option<Component> {
    if !is_kebab_case(id) {
        field.error(
            "malformed name: a component's name is words of letters and digits joined by \
             hyphens, as in `sign-in`",
        );
    }
    let mut fields = field.fields()?;
    let source = fields.require("source", "add the `.wasm` file, `source = \"...\"`");
    let source_line = source.as_ref().map_or(0, Field::line);
    let build = fields.take("build");
    let origin = source.as_ref().and_then(|field| origin::read(field, place));
    let handler = match (&source, &origin) {
        (Some(field), Some(origin)) if place.checks.sources => {
            handler(field, origin, build.is_some(), place)
        }
        _ => None,
    };
    let (description, variables) = (
        fields.text_or_empty("description"),
        fields.take("variables"),
    );
    let component = Component {
        id: id.to_owned(),
        source_line,
        handler,
        source: origin
            .as_ref()
            .map(|origin| origin.file(&place.checks.fetched))
            .unwrap_or_default(),
        origin: origin.unwrap_or(Origin::File(PathBuf::new())),
        description,
        variables: variables
            .map(|field| templates(&field, application))
            .unwrap_or_default(),
        environment: fields
            .take("environment")
            .map(|f| environment(&f))
            .unwrap_or_default(),
        files: fields
            .take("files")
            .map(|f| files::read(&f, place))
            .unwrap_or_default(),
        exclude_files: fields
            .take("exclude_files")
            .map(|f| f.texts())
            .unwrap_or_default(),
        allowed_outbound_hosts: fields
            .take("allowed_outbound_hosts")
            .map(|field| hosts(&field, application))
            .unwrap_or_default(),
        key_value_stores: fields
            .take("key_value_stores")
            .map(|f| labels(&f))
            .unwrap_or_default(),
        sqlite_databases: fields
            .take("sqlite_databases")
            .map(|f| labels(&f))
            .unwrap_or_default(),
        ai_models: fields
            .take("ai_models")
            .map(|f| f.texts())
            .unwrap_or_default(),
        build: build.and_then(|field| read_build(&field, place)),
        settings: fields
            .take("tool")
            .and_then(|field| settings::of_component(&field))
            .unwrap_or_default(),
        dependencies: fields
            .take("dependencies")
            .map(|field| dependencies::read(&field, place))
            .unwrap_or_default(),
        dependencies_inherit: fields
            .take("dependencies_inherit_configuration")
            .and_then(|field| field.boolean())
            .unwrap_or_default(),
    };
    fields.refuse(
        "allowed_http_hosts",
        "write the hosts into `allowed_outbound_hosts`, each as `https://host`",
    );
    // For Spin's own check of where an application can run; it changes nothing here.
    fields.take("targets");
    // Other ways to build a component: the one without a profile is what runs here.
    fields.take("profile");
    fields.finish();
    Some(component)
}

/// What the source exports, as far as it is there.
fn handler(
    field: &Field<'_>,
    origin: &Origin,
    has_build: bool,
    place: &Place<'_>,
) -> Option<Handler> {
    let (shown, missing) = match (origin, field.data()) {
        (Origin::File(_), Data::Text(text)) if has_build => {
            (text.clone(), "build it with `spindrift build`")
        }
        (Origin::File(_), Data::Text(text)) => (
            text.clone(),
            "put it there, or say how it is built under `build` and run `spindrift build`",
        ),
        _ => (origin.to_string(), "fetch it with `spindrift build`"),
    };
    let file = origin.file(&place.checks.fetched);
    if place.checks.unfetched && !matches!(origin, Origin::File(_)) && !file.exists() {
        return None;
    }
    let found = source::check(&file, &shown, missing);
    found.map_err(|message| field.error(message)).ok()
}

fn templates(
    field: &Field<'_>,
    application: &BTreeMap<String, Variable>,
) -> BTreeMap<String, Template> {
    let mut templates = BTreeMap::new();
    for (name, field) in field.entries() {
        if let Err(reason) = check_variable_name(name) {
            field.error(format!("malformed name: {reason}"));
        }
        if let Some(template) = template(&field, application) {
            templates.insert(name.to_owned(), template);
        }
    }
    templates
}

fn environment(field: &Field<'_>) -> BTreeMap<String, String> {
    for (name, field) in field.entries() {
        if name.is_empty() || name.contains(['=', '\0']) {
            field.error("malformed name: it must not be empty nor hold `=`");
        }
    }
    field.text_entries()
}

fn hosts(field: &Field<'_>, application: &BTreeMap<String, Variable>) -> Vec<Template> {
    let mut hosts = Vec::new();
    for element in field.elements() {
        let Some(template) = template(&element, application) else {
            continue;
        };
        if template.is_literal()
            && let Err(error) = AllowedHosts::parse(&[template.as_str()])
        {
            // An entry with credentials is not for the log.
            let shown = match error {
                HostError::Credentials => String::new(),
                _ => format!("`{}` is ", template.as_str()),
            };
            element.error(format!("{shown}malformed: {error}"));
        }
        hosts.push(template);
    }
    hosts
}

fn labels(field: &Field<'_>) -> Vec<String> {
    let mut labels = Vec::new();
    for element in field.elements() {
        let Some(label) = element.text() else {
            continue;
        };
        if !is_kebab_case(label) && !is_snake_case(label) {
            element.error("malformed label: write words joined by `-` or by `_`, as in `my-store`");
        }
        labels.push(label.to_owned());
    }
    labels
}

fn read_build(field: &Field<'_>, place: &Place<'_>) -> Option<Build> {
    let mut fields = field.fields()?;
    let command = fields.require("command", "add `command = \"cargo build ...\"`");
    let commands = command.map(|field| match field.node.data {
        Data::List(_) => field.texts(),
        _ => field.some_text().map(str::to_owned).into_iter().collect(),
    });
    let workdir = fields.take("workdir").and_then(|field| {
        let text = field.some_text()?;
        let path = place.root.join(text);
        if !path.is_dir() {
            field.error(format!(
                "no such folder `{text}`: make it, or correct the path"
            ));
        }
        Some(path)
    });
    let watch = fields
        .take("watch")
        .map(|field| field.texts())
        .unwrap_or_default();
    fields.finish();
    let workdir = workdir.unwrap_or_else(|| place.root.to_owned());
    Some(Build {
        commands: commands?,
        workdir,
        watch,
    })
}
