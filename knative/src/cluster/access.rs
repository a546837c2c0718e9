//! What a deployer may do: its Role, and whether the cluster grants it.

use futures::stream::{self, StreamExt, TryStreamExt};
use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::{Value, json};

use super::api::Api;
use super::catalog::Catalog;
use super::error::Result;
use super::kinds::{
    CONFIG_MAP, JOB, KNOWN, LEASE, NAMESPACE, POD, Prune, REPLICA_SET, REVISION, Resource, SECRET,
};
use crate::release::SecretKey;
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

/// The rules of a Role, in the application's namespace, that suffices to deploy `app`,
/// look at it, roll it back and delete it, and not for more. Of `secrets` only those are
/// readable: which keys they have is checked before a release. Making the namespace
/// (`create_namespace`) needs a ClusterRole on top.
pub fn rules(app: &str, secrets: &[SecretKey]) -> Vec<PolicyRule> {
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
    for known in KNOWN {
        let verbs: &[&str] = match known.prune {
            Prune::Delete => &["get", "list", "create", "patch", "delete"],
            Prune::Report => &["get", "list", "create", "patch"],
        };
        rules.push(PolicyRule {
            api_groups: Some(vec![known.group.to_owned()]),
            resources: Some(vec![known.plural.to_owned()]),
            verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
            ..PolicyRule::default()
        });
    }
    rules
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

/// What the deployer lacks, with the Role that has it; `None` when it lacks nothing.
/// Kinds that the cluster does not serve are not asked for.
pub(crate) async fn lacking(
    api: &Api,
    catalog: &Catalog,
    app: &str,
    secrets: &[SecretKey],
) -> Result<Option<String>> {
    let rules = rules(app, secrets);
    let questions: Vec<_> = rules
        .iter()
        .filter(|rule| is_served(rule, catalog))
        .flat_map(questions)
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
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": { "name": format!("{app}-deployer"), "namespace": &*api.namespace },
        "rules": rules,
    });
    Ok(Some(format!(
        "whoever this kubeconfig names may not {} in namespace {}; this Role grants what \
         a deploy needs:\n{}",
        lacking.join(", "),
        api.namespace,
        yaml(&role)
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
fn questions(rule: &PolicyRule) -> Vec<Value> {
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
            "verb": verb, "name": name,
        })
    };
    names
        .iter()
        .flat_map(|name| rule.verbs.iter().map(move |verb| ask(verb, name)))
        .collect()
}

/// The question in words, when the answer is no.
async fn refused(api: &Api, mut attributes: Value) -> Result<Option<String>> {
    let text = |key: &str| attributes[key].as_str().unwrap_or_default().to_owned();
    let mut words = format!("{} {}", text("verb"), text("resource"));
    for (mark, key) in [("/", "subresource"), (".", "group"), ("/", "name")] {
        let value = text(key);
        if !value.is_empty() {
            words = format!("{words}{mark}{value}");
        }
    }
    attributes["namespace"] = (&*api.namespace).into();
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": attributes },
    });
    let answer = api.review(&review).await?;
    let allowed = answer["status"]["allowed"].as_bool().unwrap_or_default();
    Ok((!allowed).then_some(words))
}
