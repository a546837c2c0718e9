//! Manifests of version 1, as version 2 would have them.
//!
//! Everything keeps its place in the text, so that mistakes are told where they are.

use crate::document::{Data, Entry, Node, at_place, named, with_key};

/// What a component of version 1 could reach without saying so.
const DATABASES: [&str; 3] = ["postgres://*:*", "mysql://*:*", "redis://*:*"];

/// Rewrites a manifest of version 1; `None` for any other.
pub(crate) fn upgraded(root: &Node) -> Option<Node> {
    let Data::Table(entries) = &root.data else {
        return None;
    };
    is_version_1(entries).then(|| upgrade(root.at, entries))
}

fn is_version_1(entries: &[Entry]) -> bool {
    let one = |node: &Node| match &node.data {
        Data::Integer(1) => true,
        Data::Text(text) => text == "1",
        _ => false,
    };
    entries.iter().any(|entry| match entry.key.as_str() {
        "spin_manifest_version" => one(&entry.node),
        // What it was called in its first days.
        "spin_version" => true,
        _ => false,
    })
}

fn upgrade(at: usize, entries: &[Entry]) -> Node {
    let (mut upgraded, mut application, mut components) = (Vec::new(), Vec::new(), Vec::new());
    let (mut kind, mut triggers) = ("http".to_owned(), Vec::new());
    // The type of all triggers may stand after the components.
    for entry in entries.iter().filter(|entry| entry.key == "trigger") {
        let (type_, settings) = trigger_type(entry);
        kind = type_.unwrap_or(kind);
        application.push(named(
            "trigger",
            entry.at,
            vec![named(&kind, entry.at, settings)],
        ));
    }
    for entry in entries {
        match entry.key.as_str() {
            "spin_manifest_version" | "spin_version" => {
                let node = at_place(entry.at, Data::Integer(2));
                upgraded.push(with_key("spin_manifest_version", entry.at, node));
            }
            "name" | "version" | "description" | "authors" => application.push(entry.clone()),
            "trigger" => {}
            "component" => {
                let list = match &entry.node.data {
                    Data::List(list) => list.as_slice(),
                    _ => &[],
                };
                for node in list {
                    let (component, trigger) = component(node);
                    components.push(component);
                    triggers.extend(trigger);
                }
            }
            _ => upgraded.push(entry.clone()),
        }
    }
    let place = application.first().map_or(at, |entry| entry.at);
    upgraded.push(named("application", place, application));
    upgraded.push(named("component", at, components));
    let triggers = with_key(&kind, at, at_place(at, Data::List(triggers)));
    upgraded.push(named("trigger", at, vec![triggers]));
    at_place(at, Data::Table(upgraded))
}

/// `{ type = "http", base = "/" }`: the type, and what else there is.
fn trigger_type(entry: &Entry) -> (Option<String>, Vec<Entry>) {
    let Data::Table(fields) = &entry.node.data else {
        return (None, vec![entry.clone()]);
    };
    let (mut kind, mut settings) = (None, Vec::new());
    for field in fields {
        match (field.key.as_str(), &field.node.data) {
            ("type", Data::Text(text)) => kind = Some(text.clone()),
            // The base of every application that has none.
            ("base", Data::Text(text)) if text == "/" => {}
            _ => settings.push(field.clone()),
        }
    }
    (kind, settings)
}

/// A component by its id, and its trigger.
fn component(node: &Node) -> (Entry, Option<Node>) {
    let Data::Table(fields) = &node.data else {
        return (with_key("component", node.at, node.clone()), None);
    };
    let (mut id, mut trigger) = (String::new(), None);
    let mut component = Vec::new();
    let says_hosts = fields.iter().any(|f| f.key == "allowed_outbound_hosts");
    let mut hosts = Vec::new();
    for field in fields {
        match (field.key.as_str(), &field.node.data) {
            ("id", Data::Text(text)) => id.clone_from(text),
            ("trigger", Data::Table(said)) => trigger = Some((field.at, said.clone())),
            ("config", _) => component.push(with_key("variables", field.at, field.node.clone())),
            ("allowed_http_hosts", Data::List(list)) => hosts.extend(list.iter().flat_map(http)),
            _ => component.push(field.clone()),
        }
    }
    if !says_hosts {
        let database = |text: &&str| at_place(node.at, Data::Text((*text).to_owned()));
        hosts.extend(DATABASES.iter().map(database));
        let list = at_place(node.at, Data::List(hosts));
        component.push(with_key("allowed_outbound_hosts", node.at, list));
    }
    let trigger = trigger.map(|(at, mut said)| {
        let name = at_place(at, Data::Text(id.clone()));
        said.push(with_key("component", at, name));
        at_place(at, Data::Table(said))
    });
    (named(&id, node.at, component), trigger)
}

/// An entry of `allowed_http_hosts`, as `allowed_outbound_hosts` has it.
fn http(node: &Node) -> Vec<Node> {
    let Data::Text(text) = &node.data else {
        return vec![node.clone()];
    };
    let hosts = match text.as_str() {
        "insecure:allow-all" => vec!["http://*:*".to_owned(), "https://*:*".to_owned()],
        "self" => vec!["http://self".to_owned()],
        text if text.contains("://") => vec![text.to_owned()],
        text => vec![format!("http://{text}"), format!("https://{text}")],
    };
    let hosts = hosts.into_iter();
    hosts
        .map(|host| at_place(node.at, Data::Text(host)))
        .collect()
}
