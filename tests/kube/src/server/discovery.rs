//! What the server says of itself: its version, and what it serves.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kinds::{KINDS, Kind};

const VERBS: [&str; 8] = [
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

/// What is not installed in this cluster.
#[derive(Debug, Default)]
pub(super) struct Absent(pub(super) BTreeSet<String>);

impl Absent {
    /// By the group, by `kafkasources.sources.knative.dev`, or by one version of that,
    /// `kafkasources.v1.sources.knative.dev`.
    pub(super) fn serves(&self, kind: &Kind, version: &str) -> bool {
        let Kind { group, plural, .. } = kind;
        let names = [
            (*group).to_owned(),
            kind.resource(),
            format!("{plural}.{version}.{group}"),
        ];
        !names.iter().any(|name| self.0.contains(name))
    }

    fn served(&self) -> impl Iterator<Item = (&'static Kind, &'static str)> {
        KINDS.iter().flat_map(move |kind| {
            let versions = kind.versions.iter();
            versions
                .filter(move |version| self.serves(kind, version))
                .map(move |version| (kind, *version))
        })
    }
}

/// The answer to a path that is about no resource; `None` where there is no such path.
pub(super) fn answer(path: &str, accept: &str, kubernetes: &str, absent: &Absent) -> Option<Value> {
    let aggregated = accept.contains("g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match parts.as_slice() {
        ["version"] => Some(version(kubernetes)),
        ["api"] if aggregated => Some(aggregate(absent, true)),
        ["apis"] if aggregated => Some(aggregate(absent, false)),
        ["api"] => Some(json!({ "kind": "APIVersions", "versions": ["v1"] })),
        ["apis"] => {
            let groups: Vec<Value> = groups(absent)
                .iter()
                .filter(|name| !name.is_empty())
                .map(|name| group(name, absent))
                .collect();
            Some(json!({ "kind": "APIGroupList", "apiVersion": "v1", "groups": groups }))
        }
        ["api", version] => resources("", version, absent),
        ["apis", name] if groups(absent).contains(name) => Some(group(name, absent)),
        ["apis", name, version] => resources(name, version, absent),
        _ => None,
    }
}

fn version(kubernetes: &str) -> Value {
    let (major, minor) = kubernetes.split_once('.').unwrap_or((kubernetes, "0"));
    json!({
        "major": major, "minor": minor, "gitVersion": format!("v{kubernetes}.0"),
        "gitCommit": "", "gitTreeState": "clean", "buildDate": "2025-01-01T00:00:00Z",
        "goVersion": "", "compiler": "gc", "platform": "linux/amd64",
    })
}

fn groups(absent: &Absent) -> BTreeSet<&'static str> {
    absent.served().map(|(kind, _)| kind.group).collect()
}

/// The versions of a group, the newest first: `v1` before `v1beta1`.
fn versions(name: &str, absent: &Absent) -> Vec<&'static str> {
    let of_group = absent.served().filter(|(kind, _)| kind.group == name);
    let mut versions: Vec<&str> = of_group.map(|(_, version)| version).collect();
    versions.sort_by_key(|version| (version.len(), *version));
    versions.dedup();
    versions
}

fn group(name: &str, absent: &Absent) -> Value {
    let versions: Vec<Value> = versions(name, absent)
        .iter()
        .map(|version| json!({ "groupVersion": format!("{name}/{version}"), "version": version }))
        .collect();
    json!({
        "kind": "APIGroup", "apiVersion": "v1", "name": name,
        "preferredVersion": versions.first(), "versions": versions,
    })
}

fn resources(name: &str, version: &str, absent: &Absent) -> Option<Value> {
    let of_version = |(kind, each): &(&Kind, &str)| kind.group == name && *each == version;
    let mut listed = Vec::new();
    let mut api_version = None;
    for (kind, version) in absent.served().filter(of_version) {
        api_version = Some(kind.api_version(version));
        listed.push(json!({
            "name": kind.plural, "singularName": kind.kind.to_lowercase(),
            "namespaced": kind.namespaced, "kind": kind.kind, "verbs": VERBS,
        }));
        for (subresource, verbs) in subresources(kind) {
            listed.push(json!({
                "name": format!("{}/{subresource}", kind.plural), "singularName": "",
                "namespaced": kind.namespaced, "kind": kind.kind, "verbs": verbs,
            }));
        }
    }
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1",
        "groupVersion": api_version?, "resources": listed,
    }))
}

/// <https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery>
fn aggregate(absent: &Absent, core: bool) -> Value {
    let of_version = |name: &str, version: &str| {
        let kinds = absent
            .served()
            .filter(|(kind, each)| kind.group == name && *each == version);
        let resources: Vec<Value> = kinds
            .map(|(kind, version)| aggregated(kind, version))
            .collect();
        json!({ "version": version, "freshness": "Current", "resources": resources })
    };
    let items: Vec<Value> = groups(absent)
        .into_iter()
        .filter(|name| name.is_empty() == core)
        .map(|name| {
            let versions = versions(name, absent);
            let versions = versions.iter().map(|version| of_version(name, version));
            json!({ "metadata": { "name": name }, "versions": versions.collect::<Vec<_>>() })
        })
        .collect();
    json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {}, "items": items,
    })
}

fn aggregated(kind: &Kind, version: &str) -> Value {
    let response = json!({ "group": kind.group, "version": version, "kind": kind.kind });
    let below: Vec<Value> = subresources(kind)
        .map(|(name, verbs)| json!({ "subresource": name, "responseKind": response, "verbs": verbs }))
        .collect();
    json!({
        "resource": kind.plural, "singularResource": kind.kind.to_lowercase(),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "responseKind": response, "verbs": VERBS, "subresources": below,
    })
}

fn subresources(kind: &Kind) -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    let status = kind
        .status
        .then_some(("status", &["get", "patch", "update"][..]));
    let read = |name| (name, &["get"][..]);
    status
        .into_iter()
        .chain(kind.subresources().iter().copied().map(read))
}
