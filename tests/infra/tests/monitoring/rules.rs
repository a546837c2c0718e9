//! `infra/monitoring/rules`, and the cases in `infra/monitoring/tests`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use serde_json::Value;

use crate::files;

/// A recording or alerting rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) file: String,
    pub(crate) name: String,
    pub(crate) alerts: bool,
    pub(crate) query: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// A case: at some time an alert fires with these sets of labels, or with none.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) alert: String,
    pub(crate) fires: Vec<BTreeMap<String, String>>,
}

/// All rules.
pub(crate) fn all() -> anyhow::Result<Vec<Rule>> {
    let mut all = Vec::new();
    for (file, object) in files::yaml("infra/monitoring/rules/*.yaml")? {
        for group in array(&object, "/spec/groups")? {
            for rule in array(group, "/rules")? {
                let read = read(&file, rule).with_context(|| format!("{file}: {rule}"))?;
                all.push(read);
            }
        }
    }
    Ok(all)
}

fn read(file: &str, rule: &Value) -> anyhow::Result<Rule> {
    let text = |key: &str| rule.get(key).and_then(Value::as_str).map(str::to_owned);
    let alert = text("alert");
    Ok(Rule {
        file: file.to_owned(),
        alerts: alert.is_some(),
        name: alert
            .or_else(|| text("record"))
            .context("it neither records nor alerts")?,
        query: text("expr").context("it has no expr")?,
        labels: table(rule.get("labels")),
        annotations: table(rule.get("annotations")),
    })
}

/// All cases.
pub(crate) fn cases() -> anyhow::Result<Vec<Case>> {
    let mut all = Vec::new();
    for (file, tests) in files::yaml("infra/monitoring/tests/*.yaml")? {
        for test in array(&tests, "/tests").context(file)? {
            let checks = test.get("alert_rule_test").and_then(Value::as_array);
            for check in checks.into_iter().flatten() {
                let alert = check.get("alertname").and_then(Value::as_str);
                let fires = array(check, "/exp_alerts")?.iter();
                all.push(Case {
                    alert: alert.context("a case names no alert")?.to_owned(),
                    fires: fires.map(|alert| table(alert.get("exp_labels"))).collect(),
                });
            }
        }
    }
    Ok(all)
}

/// What is wrong with an alert itself.
pub(crate) fn problems(rule: &Rule) -> Vec<String> {
    let mut problems = Vec::new();
    let severity = rule.labels.get("severity").map(String::as_str);
    if !matches!(severity, Some("page" | "ticket")) {
        problems.push("its severity is neither page nor ticket".to_owned());
    }
    for annotation in ["summary", "description", "runbook_url"] {
        let text = rule.annotations.get(annotation);
        if text.is_none_or(String::is_empty) {
            problems.push(format!("it has no {annotation}"));
        }
    }
    let runbook = rule.annotations.get("runbook_url");
    let expected = format!("docs/runbooks/incident.md#{}", kebab(&rule.name));
    if runbook.is_some_and(|url| *url != expected) {
        problems.push(format!("its runbook_url is not {expected}"));
    }
    problems
}

/// What of the alerts has no case.
pub(crate) fn untested(rules: &[Rule], cases: &[Case]) -> Vec<String> {
    let mut missing = BTreeSet::new();
    for rule in rules.iter().filter(|rule| rule.alerts) {
        let mut of_it = cases.iter().filter(|case| case.alert == rule.name);
        if of_it.clone().all(|case| !case.fires.is_empty()) {
            missing.insert(format!("{}: no case in which it stays silent", rule.name));
        }
        let fires = of_it.any(|case| {
            let has_labels = |labels: &BTreeMap<String, String>| {
                let own = rule.labels.iter();
                own.clone()
                    .all(|(key, value)| labels.get(key) == Some(value))
            };
            case.fires.iter().any(has_labels)
        });
        if !fires {
            missing.insert(format!(
                "{}: no case in which it fires with {:?}",
                rule.name, rule.labels
            ));
        }
    }
    missing.into_iter().collect()
}

/// `HttpErrorsHigh` as `http-errors-high`.
pub(crate) fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (at, letter) in name.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            kebab.push('-');
        }
        kebab.push(letter.to_ascii_lowercase());
    }
    kebab
}

fn array<'a>(value: &'a Value, pointer: &str) -> anyhow::Result<&'a Vec<Value>> {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.with_context(|| format!("there is no list {pointer}"))
}

fn table(value: Option<&Value>) -> BTreeMap<String, String> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}
