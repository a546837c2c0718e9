//! `infra/monitoring`: rules and dashboards refer to what there is, and every alert is
//! explained and tested. Whether queries mean what they should is for promtool to say,
//! which `infra/monitoring/check` runs.

mod catalog;
mod dashboards;
mod exported;
mod files;
mod manifests;
mod pages;
mod planted;
mod promql;
mod rules;
mod wiring;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use spindrift_test_infra::text;

use crate::catalog::Catalog;

fn catalog() -> anyhow::Result<Catalog> {
    Catalog::parse(&text("infra/monitoring/metrics.txt")?).context("metrics.txt")
}

/// Every query there is, and where it is.
fn queries() -> anyhow::Result<Vec<(String, String)>> {
    let mut all = Vec::new();
    for rule in rules::all()? {
        all.push((format!("{}: {}", rule.file, rule.name), rule.query));
    }
    for (file, dashboard) in dashboards::all()? {
        let queries = dashboards::queries(&dashboard).with_context(|| file.clone())?;
        all.extend(queries.into_iter().map(|query| (file.clone(), query)));
    }
    Ok(all)
}

fn nothing(problems: &[String]) -> anyhow::Result<()> {
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

#[test]
fn queries_use_metrics_labels_and_buckets_that_are_exported() -> anyhow::Result<()> {
    let catalog = catalog()?;
    let mut problems = Vec::new();
    for (place, query) in queries()? {
        let of_it = promql::problems(&query, &catalog).with_context(|| place.clone())?;
        problems.extend(of_it.into_iter().map(|what| format!("{place}: {what}")));
    }
    nothing(&problems)
}

#[test]
fn every_metric_of_the_list_is_looked_at_somewhere() -> anyhow::Result<()> {
    let catalog = catalog()?;
    let mut used = BTreeSet::new();
    for (_, query) in queries()? {
        let selectors = promql::uses(&query)?.selectors;
        used.extend(selectors.into_iter().map(|selector| selector.metric));
    }
    let unused = catalog.families().into_iter();
    let unused = unused.filter(|(_, series)| series.iter().all(|name| !used.contains(*name)));
    let unused: Vec<String> = unused
        .map(|(family, _)| format!("nothing uses {family}"))
        .collect();
    nothing(&unused)
}

#[test]
fn recorded_metrics_are_those_that_rules_record() -> anyhow::Result<()> {
    let rules = rules::all()?;
    let recorded = rules.iter().filter(|rule| !rule.alerts);
    let recorded: BTreeSet<&str> = recorded.map(|rule| rule.name.as_str()).collect();
    let catalog = catalog()?;
    ensure!(
        recorded == catalog.of_group("recorded"),
        "the group `recorded` of metrics.txt and the rules differ: {recorded:?}"
    );
    Ok(())
}

#[test]
fn alerts_say_what_they_mean_and_how_much_it_matters() -> anyhow::Result<()> {
    let mut problems = Vec::new();
    for rule in rules::all()?.iter().filter(|rule| rule.alerts) {
        let of_it = rules::problems(rule).into_iter();
        problems.extend(of_it.map(|what| format!("{}: {what}", rule.name)));
    }
    nothing(&problems)
}

#[test]
fn the_list_of_alerts_is_that_of_the_rules() -> anyhow::Result<()> {
    let mut ruled: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for rule in rules::all()?.into_iter().filter(|rule| rule.alerts) {
        let severity = rule.labels.get("severity").cloned();
        ruled.entry(rule.name).or_default().extend(severity);
    }
    let listed = pages::alerts(&text("infra/monitoring/ALERTS.md")?);
    ensure!(
        listed == ruled,
        "ALERTS.md: {listed:#?}\nthe rules: {ruled:#?}"
    );
    Ok(())
}

#[test]
fn every_alert_has_its_section_in_a_runbook() -> anyhow::Result<()> {
    let mut problems = BTreeSet::new();
    for rule in rules::all()?.iter().filter(|rule| rule.alerts) {
        let url = rule.annotations.get("runbook_url").map(String::as_str);
        let (page, anchor) = url
            .and_then(|url| url.split_once('#'))
            .with_context(|| format!("{} has no runbook_url with an anchor", rule.name))?;
        if !pages::anchors(&text(page)?).contains(anchor) {
            problems.insert(format!("{page} has no section #{anchor}"));
        }
    }
    nothing(&problems.into_iter().collect::<Vec<_>>())
}

#[test]
fn every_alert_has_a_case_that_fires_and_one_that_does_not() -> anyhow::Result<()> {
    nothing(&rules::untested(&rules::all()?, &rules::cases()?))
}

#[test]
fn dashboards_are_complete_and_their_panels_have_room() -> anyhow::Result<()> {
    let mut problems = Vec::new();
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards::all()? {
        let of_it = dashboards::problems(&dashboard).into_iter();
        problems.extend(of_it.map(|what| format!("{file}: {what}")));
        if !uids.insert(dashboard["uid"].to_string()) {
            problems.push(format!("{file}: another dashboard has its uid"));
        }
    }
    nothing(&problems)
}

#[test]
fn objects_are_ones_that_the_prometheus_operator_takes() -> anyhow::Result<()> {
    let mut problems = Vec::new();
    for folder in ["rules", "scrape", "alertmanager"] {
        for (file, object) in files::yaml(&format!("infra/monitoring/{folder}/*.yaml"))? {
            let of_it = manifests::violations(&object).with_context(|| file.clone())?;
            problems.extend(of_it.into_iter().map(|what| format!("{file}{what}")));
        }
    }
    nothing(&problems)
}
