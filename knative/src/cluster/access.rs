//! What a deployer may do: its Roles, and whether the cluster grants them.

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt, TryStreamExt};
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::{Value, json};

use super::api::Api;
use super::catalog::Catalog;
use super::error::Result;
use super::kinds::{
    CONFIG_MAP, JOB, KNOWN, Known, LEASE, NAMESPACE, POD, Prune, REPLICA_SET, REVISION, Resource,
    SECRET,
};
use crate::labels;
use crate::object::group_of;
use crate::release::{Release, SecretKey};
use crate::render::yaml;

/// How many questions are asked at once.
const AT_ONCE: usize = 8;

/// The name of the Lease that a deployer holds.
pub(crate) fn lease_name(app: &str) -> String {
    format!("{app}-deploy")
}

/// The name of the ConfigMap that tells of an application's releases.
pub(crate) fn record_name(app: &str) -> String {
    format!("{app}-releases")
}

/// What a deployer may do in a namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Role {
    /// The Role's name.
    pub name: String,
    /// Where it holds.
    pub namespace: String,
    /// What it allows.
    pub rules: Vec<PolicyRule>,
}

impl Role {
    /// As it is applied.
    pub fn object(&self, app: &str) -> Value {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {
                "name": self.name,
                "namespace": self.namespace,
                "labels": { labels::PART_OF: app },
            },
            "rules": self.rules,
        })
    }
}

/// The Roles that suffice to deploy a release, look at it, roll it back and delete it,
/// and not for more: one in the application's namespace, and one in each other in which
/// it has objects. Of Secrets only its own are readable: which keys they have is checked
/// before a release. Making the namespace (`create_namespace`) needs a ClusterRole on
/// top.
pub fn roles(release: &Release) -> Vec<Role> {
    let role = |namespace: &str, rules| Role {
        name: format!("{}-deployer", release.app),
        namespace: namespace.to_owned(),
        rules,
    };
    let own = role(&release.namespace, rules(&release.app, &release.secrets));
    let elsewhere = elsewhere(release).into_iter().map(|(namespace, kinds)| {
        let known = KNOWN
            .iter()
            .filter(|known| kinds.contains(&(known.group, known.kind)));
        role(namespace, known.map(managed).collect())
    });
    [own].into_iter().chain(elsewhere).collect()
}

/// The kinds, by group, of what a release has in other namespaces than its own.
fn elsewhere(release: &Release) -> BTreeMap<&str, BTreeSet<(&str, &str)>> {
    let mut kinds = BTreeMap::<_, BTreeSet<_>>::new();
    for object in &release.objects {
        if let Some(namespace) = object.elsewhere(&release.namespace) {
            let kind = (group_of(object.api_version()), object.kind());
            kinds.entry(namespace).or_default().insert(kind);
        }
    }
    kinds
}

fn rules(app: &str, secrets: &[SecretKey]) -> Vec<PolicyRule> {
    let mut rules = vec![
        rule(&CONFIG_MAP, "", &["create"], &[]),
        rule(
            &CONFIG_MAP,
            "",
            &["get", "update", "delete"],
            &[record_name(app)],
        ),
        rule(&LEASE, "", &["create"], &[]),
        rule(&LEASE, "", &["get", "update", "delete"], &[lease_name(app)]),
        rule(&NAMESPACE, "", &["get"], &[]),
        rule(&POD, "", &["list"], &[]),
        rule(&POD, "log", &["get"], &[]),
        rule(&POD, "proxy", &["get"], &[]),
        rule(&JOB, "", &["get", "list", "create", "delete"], &[]),
        rule(&REPLICA_SET, "", &["list"], &[]),
        rule(&REVISION, "", &["get", "list", "delete"], &[]),
    ];
    let mut names: Vec<_> = secrets.iter().map(|key| key.secret.clone()).collect();
    names.sort();
    names.dedup();
    if !names.is_empty() {
        rules.push(rule(&SECRET, "", &["get"], &names));
    }
    rules.extend(KNOWN.iter().map(managed));
    rules
}

/// What is done to objects of a release.
fn managed(known: &Known) -> PolicyRule {
    let verbs: &[&str] = match known.prune {
        Prune::Delete => &["get", "list", "create", "patch", "delete"],
        Prune::Report => &["get", "list", "create", "patch"],
    };
    PolicyRule {
        api_groups: Some(vec![known.group.to_owned()]),
        resources: Some(vec![known.plural.to_owned()]),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    }
}

fn rule(resource: &Resource, sub: &str, verbs: &[&str], names: &[String]) -> PolicyRule {
    let resource_name = if sub.is_empty() {
        resource.plural.to_string()
    } else {
        format!("{}/{sub}", resource.plural)
    };
    PolicyRule {
        api_groups: Some(vec![resource.group.to_string()]),
        resources: Some(vec![resource_name]),
        resource_names: (!names.is_empty()).then(|| names.to_vec()),
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..PolicyRule::default()
    }
}

/// What the deployer of a release lacks: for each Role a line, with the Role that has
/// it. Kinds that the cluster does not serve are not asked for.
pub(crate) async fn lacking(
    api: &Api,
    catalog: &Catalog,
    release: &Release,
) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for role in roles(release) {
        lines.extend(lacking_of(api, catalog, &role, &release.app).await?);
    }
    Ok(lines)
}

async fn lacking_of(
    api: &Api,
    catalog: &Catalog,
    role: &Role,
    app: &str,
) -> Result<Option<String>> {
    let questions: Vec<_> = role
        .rules
        .iter()
        .filter(|rule| is_served(rule, catalog))
        .flat_map(|rule| questions(rule, &role.namespace))
        .collect();
    let lacking: Vec<_> = stream::iter(questions)
        .map(|question| async move { refused(api, question).await })
        .buffered(AT_ONCE)
        .try_filter_map(|refused| async move { Ok(refused) })
        .try_collect()
        .await?;
    if lacking.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!(
        "whoever this kubeconfig names may not {} in namespace {}; this Role grants what \
         a deploy needs:\n{}",
        lacking.join(", "),
        role.namespace,
        yaml(&role.object(app))
    )))
}

fn is_served(rule: &PolicyRule, catalog: &Catalog) -> bool {
    let group = rule.api_groups.iter().flatten().next();
    let plural = rule.resources.iter().flatten().next();
    let known = KNOWN.iter().find(|known| {
        Some(known.group) == group.map(String::as_str)
            && Some(known.plural) == plural.map(String::as_str)
    });
    known.is_none_or(|known| catalog.preferred(known.group, known.kind).is_some())
}

/// The `resourceAttributes` of one question for each verb and name of a rule.
fn questions(rule: &PolicyRule, namespace: &str) -> Vec<Value> {
    let group = rule.api_groups.iter().flatten().next();
    let resource = rule.resources.iter().flatten().next();
    let (resource, sub) = resource
        .map(|resource| resource.split_once('/').unwrap_or((resource, "")))
        .unwrap_or_default();
    let any = [String::new()];
    let names = rule.resource_names.as_deref().unwrap_or(&any);
    let ask = |verb: &String, name: &String| {
        json!({
            "group": group, "resource": resource, "subresource": sub,
            "verb": verb, "name": name, "namespace": namespace,
        })
    };
    names
        .iter()
        .flat_map(|name| rule.verbs.iter().map(move |verb| ask(verb, name)))
        .collect()
}

/// The question in words, when the answer is no.
async fn refused(api: &Api, attributes: Value) -> Result<Option<String>> {
    let text = |key: &str| attributes[key].as_str().unwrap_or_default().to_owned();
    let mut words = format!("{} {}", text("verb"), text("resource"));
    for (mark, key) in [("/", "subresource"), (".", "group"), ("/", "name")] {
        let value = text(key);
        if !value.is_empty() {
            words = format!("{words}{mark}{value}");
        }
    }
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    let answer = api.review(&review).await?;
    let allowed = answer["status"]["allowed"].as_bool().unwrap_or_default();
    Ok((!allowed).then_some(words))
}
