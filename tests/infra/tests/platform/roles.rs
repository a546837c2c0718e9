//! The deployer's rights are those that `spindrift render --role` writes.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use serde_json::Value;

use spindrift_test_infra::text;

/// What one may do: group, resource, the name where it is one alone, verb.
type Right = (String, String, String, String);

/// The Secrets that profiles name.
const SECRETS: [&str; 3] = ["todo", "todo-backup", "todo-kafka"];

/// The rights in a Role.
pub(crate) fn granted(role: &Value) -> BTreeSet<Right> {
    let list = |rule: &Value, key: &str| -> Vec<String> {
        let all = rule[key].as_array().into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        let mut names = list(rule, "resourceNames");
        if names.is_empty() {
            names.push(String::new());
        }
        for group in list(rule, "apiGroups") {
            for resource in list(rule, "resources") {
                for name in &names {
                    for verb in list(rule, "verbs") {
                        rights.insert((group.clone(), resource.clone(), name.clone(), verb));
                    }
                }
            }
        }
    }
    rights
}

/// The rights that the deployer's own code lists: what it may do with its own objects
/// (`access.rs`), and with what a release has (`kinds.rs`).
pub(crate) fn wanted() -> anyhow::Result<BTreeSet<Right>> {
    let kinds = text("knative/src/cluster/kinds.rs")?;
    let access = text("knative/src/cluster/access.rs")?;
    let mut rights = BTreeSet::new();
    let mut add = |group: &str, resource: &str, names: &[String], verbs: &[String]| {
        let any = [String::new()];
        for name in if names.is_empty() { &any } else { names } {
            for verb in verbs {
                let right = (
                    group.to_owned(),
                    resource.to_owned(),
                    name.clone(),
                    verb.clone(),
                );
                rights.insert(right);
            }
        }
    };

    let body = between(&access, "fn rules(", "\n}\n")?;
    // However the lines are broken.
    let body: String = body.split_whitespace().collect();
    let mut own = 0;
    for call in body.split("rule(&").skip(1) {
        let constant = call.split(',').next().unwrap_or_default();
        let (group, plural) = resource(&kinds, constant)?;
        let texts = quoted(call);
        let (sub, verbs) = texts.split_first().context("a rule has no texts")?;
        let plural = if sub.is_empty() {
            plural
        } else {
            format!("{plural}/{sub}")
        };
        let names: &[String] = match call {
            _ if call.contains("record_name") => &["todo-releases".to_owned()],
            _ if call.contains("lease_name") => &["todo-deploy".to_owned()],
            _ if call.contains("&names") => &SECRETS.map(str::to_owned),
            _ => &[],
        };
        add(&group, &plural, names, verbs);
        own += 1;
    }
    ensure!(
        own >= 12,
        "access.rs has {own} rules that are read: it has changed its form"
    );

    let list = between(&kinds, "const KNOWN", "];")?;
    let mut known = 0;
    for call in list.split("known(").skip(1) {
        let texts = quoted(call);
        let verbs: &[&str] = match texts.get(1).map(String::as_str) {
            Some("KafkaTopic") => &["get", "list", "create", "patch"],
            _ => &["get", "list", "create", "patch", "delete"],
        };
        let verbs: Vec<_> = verbs.iter().map(|verb| (*verb).to_owned()).collect();
        add(&texts[0], &texts[2], &[], &verbs);
        known += 1;
    }
    ensure!(
        known >= 14,
        "kinds.rs has {known} kinds that are read: it has changed its form"
    );
    Ok(rights)
}

/// Group and plural of a constant such as `pub(crate) const POD: Resource = …`.
fn resource(kinds: &str, constant: &str) -> anyhow::Result<(String, String)> {
    let body = between(kinds, &format!("const {constant}: Resource"), ";")?;
    let texts = quoted(body);
    ensure!(
        texts.len() == 4,
        "kinds.rs: {constant} has changed its form"
    );
    Ok((texts[0].clone(), texts[3].clone()))
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> anyhow::Result<&'a str> {
    let rest = text
        .split_once(begin)
        .with_context(|| format!("there is no {begin:?}"))?
        .1;
    Ok(rest
        .split_once(end)
        .with_context(|| format!("{begin:?} does not end"))?
        .0)
}

/// The texts in quotation marks.
fn quoted(code: &str) -> Vec<String> {
    code.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
