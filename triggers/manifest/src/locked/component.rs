//! The components of a locked application.

use super::{NOT_LOCKED, check_requirements, kept, refuse_dependencies};
use crate::document::{Data, Entry, Node, at_place, named, with_key};
use crate::fields::{Field, Fields};
use crate::file_url::file_path;

/// How another function of the application is called.
const NEIGHBOUR: &str = ".spin.internal";
/// What is said of a component, and what the manifest calls it.
const OF_COMPONENT: [(&str, &str); 2] = [("env", "environment"), ("config", "variables")];
/// The same of its metadata.
const OF_METADATA: [(&str, &str); 5] = [
    ("description", "description"),
    ("allowed_outbound_hosts", "allowed_outbound_hosts"),
    ("key_value_stores", "key_value_stores"),
    ("databases", "sqlite_databases"),
    ("ai_models", "ai_models"),
];

/// The components that these triggers call, each by its id.
pub(super) fn called(field: &Field<'_>, triggers: &[Node]) -> Option<Vec<Entry>> {
    let called: Vec<&str> = triggers.iter().filter_map(component_of).collect();
    let mut components = Vec::new();
    for element in field.elements() {
        let mut fields = element.fields()?;
        let id = fields.require("id", NOT_LOCKED)?.text()?;
        if called.contains(&id) {
            components.push(named(id, element.at, component(fields)?));
        }
    }
    Some(components)
}

/// The id of the component that a trigger calls. Where there is none, whoever reads the
/// trigger says so.
fn component_of(trigger: &Node) -> Option<&str> {
    let Data::Table(entries) = &trigger.data else {
        return None;
    };
    let component = entries.iter().find(|entry| entry.key == "component")?;
    match &component.node.data {
        Data::Text(id) => Some(id),
        _ => None,
    }
}

fn component(mut fields: Fields<'_>) -> Option<Vec<Entry>> {
    let source = fields.require("source", NOT_LOCKED)?;
    let mut said = vec![text("source", source.at, content(&source)?)];
    for (key, name) in OF_COMPONENT {
        said.extend(fields.take(key).map(|field| kept(name, &field)));
    }
    if let Some(dependencies) = fields.take("dependencies") {
        said.extend(self::dependencies(&dependencies)?);
    }
    if let Some(files) = fields.take("files") {
        let list = files.elements();
        let list = list.iter().map(file).collect::<Option<Vec<_>>>()?;
        let list = at_place(files.at, Data::List(list));
        said.push(with_key("files", files.at, list));
    }
    if let Some(metadata) = fields.take("metadata") {
        let mut metadata = metadata.fields()?;
        for (key, name) in OF_METADATA {
            let field = metadata.take(key);
            if let (Some(field), "allowed_outbound_hosts") = (&field, key) {
                check_hosts(field);
            }
            said.extend(field.map(|field| kept(name, &field)));
        }
    }
    check_requirements(&mut fields);
    refuse_dependencies(&mut fields);
    Some(said)
}

/// The dependencies, each as a file, and whether they may do what the component may.
fn dependencies(field: &Field<'_>) -> Option<Vec<Entry>> {
    let (mut all, mut inheriting) = (Vec::new(), 0);
    for (name, field) in field.entries() {
        let mut fields = field.fields()?;
        let source = fields.require("source", NOT_LOCKED)?;
        let mut said = vec![text("path", source.at, content(&source)?)];
        said.extend(fields.take("export").map(|field| kept("export", &field)));
        inheriting += usize::from(fields.take("inherit").is_some_and(|field| inherits(&field)));
        all.push(named(name, field.at, said));
    }
    if inheriting != 0 && inheriting != all.len() {
        field.error(
            "some of them inherit what the component may do, and some do not, which is not \
             supported by this version: say one of all, by `dependencies_inherit_configuration`",
        );
    }
    let inherit = at_place(field.at, Data::Boolean(inheriting != 0));
    Some(vec![
        named("dependencies", field.at, all),
        with_key("dependencies_inherit_configuration", field.at, inherit),
    ])
}

/// Whether a dependency may do all that its component may.
fn inherits(field: &Field<'_>) -> bool {
    match field.data() {
        Data::Text(text) => text == "All",
        Data::Table(_) => {
            let some = field.fields().and_then(|mut fields| fields.take("Some"));
            if some.is_some_and(|some| !some.elements().is_empty()) {
                field.error(
                    "a part of what the component may do is not supported by this version: \
                     inherit all of it, or nothing",
                );
            }
            false
        }
        _ => false,
    }
}

/// Reports functions that this process does not serve, and so cannot ask.
fn check_hosts(hosts: &Field<'_>) {
    let Data::List(list) = hosts.data() else {
        return;
    };
    for node in list {
        if let Data::Text(host) = &node.data
            && host.contains(NEIGHBOUR)
        {
            hosts.error(format!(
                "`{host}` is a function that another process serves, where Spin runs each type \
                 of triggers by itself: call it by its address, or run the application by \
                 `spindrift up`"
            ));
        }
    }
}

/// A file that is placed.
fn file(field: &Field<'_>) -> Option<Node> {
    let source = content(field)?;
    let path = field.fields()?.require("path", NOT_LOCKED)?;
    let destination = format!("/{}", path.text()?.trim_start_matches('/'));
    let entries = vec![
        text("source", field.at, source),
        text("destination", path.at, destination),
    ];
    Some(at_place(field.at, Data::Table(entries)))
}

/// The path of the file that has some content.
fn content(field: &Field<'_>) -> Option<String> {
    let Some(source) = field.fields()?.take("source") else {
        field.error(
            "names no file: what is in a registry is fetched by `spin up`, which then names the \
             file that it fetched by `source`",
        );
        return None;
    };
    let path = file_path(source.text()?).and_then(|path| Some(path.to_str()?.to_owned()));
    if path.is_none() {
        source.error("must be the URL of a file of this machine, `file:///...`");
    }
    path
}

fn text(key: &str, at: usize, text: String) -> Entry {
    with_key(key, at, at_place(at, Data::Text(text)))
}
