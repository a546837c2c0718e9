//! The program's figures, as `infra/monitoring/metrics.txt` lists them for dashboards
//! and rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Context;
use serde_json::json;
use spindrift_test_kafka::{Kafka, Options, skipped};
use spindrift_tests::{Api, Database, Start, until, workspace};

use crate::Result;
use crate::events::{logged, welcomed};

/// A metric's type, its labels, and the upper bounds of its buckets.
type Figure = (String, BTreeSet<String>, BTreeSet<String>);

fn list() -> Result<BTreeMap<String, Figure>> {
    let text = fs::read_to_string(workspace().join("infra/monitoring/metrics.txt"))?;
    let mut figures = BTreeMap::new();
    let mut ours = false;
    for line in text.lines() {
        let parts: Vec<&str> = line.split_ascii_whitespace().collect();
        match parts.as_slice() {
            ["group", name] => ours = *name == "spindrift",
            [] | ["source" | "adds", ..] => {}
            [first, ..] if first.starts_with('#') => {}
            [name, kind, labels, buckets @ ..] if ours => {
                let of = |list: &str| -> BTreeSet<String> {
                    let names = list.split(',').filter(|name| *name != "-");
                    names.map(str::to_owned).collect()
                };
                let buckets = of(buckets.first().unwrap_or(&"-"));
                let figure = ((*kind).to_owned(), of(labels), buckets);
                figures.insert((*name).to_owned(), figure);
            }
            _ => {}
        }
    }
    Ok(figures)
}

/// What a scrape tells of each metric that has a series.
fn exported(text: &str) -> Result<BTreeMap<String, Figure>> {
    let mut figures = BTreeMap::<String, Figure>::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').context("no type")?;
            let empty = (kind.to_owned(), BTreeSet::new(), BTreeSet::new());
            figures.insert(name.to_owned(), empty);
            continue;
        }
        let Some((series, labels)) = line.split_once('{') else {
            continue;
        };
        let family = figures
            .iter_mut()
            .rfind(|(name, _)| series.starts_with(name.as_str()));
        let (_, (_, names, bounds)) = family.with_context(|| format!("{line} has no type"))?;
        let labels = labels.split_once('}').context("no end")?.0;
        // No value of a label has a comma here.
        for label in labels.split(',').filter(|label| !label.is_empty()) {
            let (name, value) = label.split_once('=').context("no value")?;
            match (name, value.trim_matches('"')) {
                ("le", "+Inf") => {}
                ("le", bound) => _ = bounds.insert(bound.to_owned()),
                (name, _) => _ = names.insert(name.to_owned()),
            }
        }
    }
    Ok(figures)
}

async fn scrape(admin: &Api) -> Result<BTreeMap<String, Figure>> {
    exported(&admin.get("/metrics").send().await?.expect(200).text())
}

/// What happened, so that series are there: requests, events and ticks.
async fn used(start: Start) -> Result<BTreeMap<String, Figure>> {
    let running = start.run().await?;
    let person = running.api.sign_up().await?;
    welcomed(&person).await?;
    let task = person.task(&json!({"title": "x"})).await?;
    logged(&person, &task).await?;
    let admin = running.admin().await?;
    let ticked = async || {
        let figures = scrape(&admin).await.ok()?;
        figures
            .contains_key("spindrift_cron_next_tick_timestamp_seconds")
            .then_some(figures)
    };
    let figures = until("the next tick's time", ticked).await?;
    running.stop().await?;
    Ok(figures)
}

#[tokio::test]
async fn what_is_exported_is_what_dashboards_may_use() -> Result {
    if skipped() {
        return Ok(());
    }
    let listed = list()?;
    let (direct, through) = (Database::new().await?, Database::new().await?);
    let kafka = Kafka::start(Options::nodes(1)).await?;
    let mut exported = used(Start::todo(&direct).await?).await?;
    let start = Start::todo(&through).await?;
    let brokers = kafka.bootstrap();
    exported.extend(used(start.args(&["--kafka-brokers", &brokers])).await?);
    for (name, figure) in &exported {
        let there = listed.get(name);
        let there = there.with_context(|| format!("{name} is not in metrics.txt"))?;
        assert_eq!(there.0, figure.0, "{name}'s type");
        // Some labels come with failures alone, some series with none.
        let more: Vec<_> = figure.1.difference(&there.1).collect();
        assert!(more.is_empty(), "{name} has labels {more:?} too");
        if !figure.2.is_empty() {
            assert_eq!(there.2, figure.2, "{name}'s buckets");
        }
    }
    Ok(())
}

#[test]
fn what_is_listed_is_registered_somewhere() -> Result {
    let pattern = workspace().join("triggers/*/src/**/*.rs");
    let mut sources = String::new();
    for path in glob::glob(&pattern.to_string_lossy())? {
        sources += &fs::read_to_string(path?)?;
    }
    // A unit stands for itself where it is registered.
    let registered = |name: &String| {
        let name = name.trim_end_matches("_seconds");
        sources.contains(&format!("\"{name}\"")) || sources.contains(&format!("\"{name}_seconds\""))
    };
    let missing: Vec<_> = list()?
        .into_keys()
        .filter(|name| !registered(name))
        .collect();
    assert!(missing.is_empty(), "nobody registers {missing:?}");
    Ok(())
}
