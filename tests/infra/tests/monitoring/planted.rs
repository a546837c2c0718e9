//! The checks find what is wrong.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde_json::json;

use crate::catalog::Catalog;
use crate::rules::{self, Case, Rule};
use crate::{dashboards, manifests, pages, promql};

const LIST: &str = "group ours\n\
    adds namespace,job\n\
    requests counter route,job\n\
    duration_seconds histogram route 0.1,0.2\n\
    oldest gauge -\n";

fn found(query: &str) -> anyhow::Result<Vec<String>> {
    promql::problems(query, &Catalog::parse(LIST)?)
}

#[test]
fn what_is_exported_may_be_used() -> anyhow::Result<()> {
    for query in [
        "sum by (namespace, exported_job) (rate(requests_total{route=~\"/a.*\",namespace=\"$n\"}[5m])) > 0.5",
        "histogram_quantile(0.9, sum by (le) (rate(duration_seconds_bucket[$__rate_interval])))",
        "duration_seconds_bucket{le=\"0.2\"} / on (route) group_left duration_seconds_count",
        "time() - max by (job) (oldest) > 3600 unless on () requests_total offset 5m",
        "label_replace(sum by (route) (requests_total), \"path\", \"$1\", \"route\", \"(.+)\")",
        "sum by (path) (label_replace(requests_total, \"path\", \"$1\", \"route\", \"(.+)\")) * $price",
    ] {
        let problems = found(query)?;
        ensure!(problems.is_empty(), "{query}: {problems:?}");
    }
    Ok(())
}

#[test]
fn what_is_not_exported_is_found() -> anyhow::Result<()> {
    for (query, problem) in [
        ("rate(requests[5m])", "there is no metric requests"),
        ("sum(request_total)", "there is no metric request_total"),
        ("duration_seconds", "there is no metric duration_seconds"),
        ("oldest{route=\"a\"}", "oldest has no label route"),
        (
            "requests_total{path!=\"a\"}",
            "requests_total has no label path",
        ),
        ("duration_seconds_count{le=\"0.1\"}", "has no label le"),
        ("duration_seconds_bucket{le=\"0.25\"}", "has no bucket 0.25"),
        (
            "sum by (path) (requests_total)",
            "nothing in it has the label path",
        ),
        (
            "oldest / on (path) oldest",
            "nothing in it has the label path",
        ),
        (
            "oldest * on (job) group_left (path) oldest",
            "the label path",
        ),
        (
            "label_replace(oldest, \"a\", \"$1\", \"b\", \".+\")",
            "the label b",
        ),
    ] {
        let problems = found(query)?;
        let is_found = problems.iter().any(|each| each.contains(problem));
        ensure!(is_found, "{query}: {problems:?}");
    }
    ensure!(
        found("{route=\"a\"}").is_err(),
        "a selector without a metric"
    );
    Ok(())
}

#[test]
fn a_list_that_is_wrong_is_found() -> anyhow::Result<()> {
    for list in [
        "requests counter -",
        "group a\nrequests counter",
        "group a\nrequests number -",
        "group a\nrequests gauge -\nrequests gauge -",
        "group a\nduration histogram -",
        "group a\nrequests gauge - 0.1",
    ] {
        ensure!(Catalog::parse(list).is_err(), "{list:?}");
    }
    Ok(())
}

fn labels(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    let entries = entries.iter();
    entries
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn alert() -> Rule {
    Rule {
        name: "DiskFull".to_owned(),
        alerts: true,
        labels: labels(&[("severity", "page")]),
        annotations: labels(&[
            ("summary", "It is full"),
            ("description", "The disk is full."),
            ("runbook_url", "docs/runbooks/incident.md#disk-full"),
        ]),
        ..Rule::default()
    }
}

#[test]
fn an_alert_that_says_too_little_is_found() -> anyhow::Result<()> {
    ensure!(rules::problems(&alert()).is_empty(), "nothing is wrong");
    for annotation in ["summary", "description", "runbook_url"] {
        let mut rule = alert();
        rule.annotations.remove(annotation);
        ensure!(rules::problems(&rule).len() == 1, "without {annotation}");
    }
    let mut rule = alert();
    rule.labels = labels(&[("severity", "critical")]);
    ensure!(rules::problems(&rule).len() == 1, "another severity");
    let mut rule = alert();
    rule.name = "DiskFuller".to_owned();
    ensure!(rules::problems(&rule).len() == 1, "another's runbook");
    Ok(())
}

#[test]
fn an_alert_without_a_case_is_found() -> anyhow::Result<()> {
    let case = |fires| Case {
        alert: "DiskFull".to_owned(),
        fires,
    };
    let fires = || case(vec![labels(&[("severity", "page"), ("node", "a")])]);
    let missing = |cases: &[Case]| rules::untested(&[alert()], cases).len();
    ensure!(missing(&[fires(), case(Vec::new())]) == 0, "both are there");
    ensure!(missing(&[fires()]) == 1, "it never stays silent");
    ensure!(missing(&[case(Vec::new())]) == 1, "it never fires");
    let ticket = case(vec![labels(&[("severity", "ticket")])]);
    ensure!(
        missing(&[ticket, case(Vec::new())]) == 1,
        "it fires as another severity"
    );
    Ok(())
}

#[test]
fn a_dashboard_that_is_wrong_is_found() -> anyhow::Result<()> {
    let panel = json!({
        "id": 1, "title": "A", "description": "A.", "type": "stat",
        "datasource": {"uid": "prometheus"}, "fieldConfig": {"defaults": {"unit": "s"}},
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8}, "targets": [{"expr": "up"}],
    });
    let problems = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut other = panel.clone();
        other["id"] = 2.into();
        other["gridPos"]["x"] = 12.into();
        change(&mut other);
        dashboards::problems(&json!({
            "uid": "a", "title": "A", "description": "A.", "tags": [], "schemaVersion": 41,
            "panels": [panel, other],
        }))
    };
    ensure!(problems(&|_| {}).is_empty(), "nothing is wrong");
    ensure!(problems(&|p| p["gridPos"]["x"] = 11.into()).len() == 1);
    ensure!(problems(&|p| p["gridPos"]["w"] = 13.into()).len() == 1);
    ensure!(problems(&|p| p["id"] = 1.into()).len() == 1);
    ensure!(problems(&|p| p["description"] = "".into()).len() == 1);
    ensure!(problems(&|p| p["fieldConfig"] = json!({})).len() == 1);
    ensure!(problems(&|p| p["targets"] = json!([])).len() == 1);
    Ok(())
}

#[test]
fn an_object_with_a_misspelt_key_is_found() -> anyhow::Result<()> {
    let rule = |key: &str| {
        json!({
            "apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule",
            "metadata": {"name": "a"},
            "spec": {"groups": [{"name": "a", "rules": [{"alert": "A", key: "up == 0"}]}]},
        })
    };
    ensure!(manifests::violations(&rule("expr"))?.is_empty());
    ensure!(!manifests::violations(&rule("expression"))?.is_empty());
    Ok(())
}

#[test]
fn anchors_are_those_that_github_makes() -> anyhow::Result<()> {
    let anchors = pages::anchors("# Incident\n\n## HTTP errors high\n\ntext\n\n### `a` (b)\n");
    let expected = ["a-b", "http-errors-high", "incident"];
    ensure!(anchors.iter().eq(expected), "{anchors:?}");
    Ok(())
}
