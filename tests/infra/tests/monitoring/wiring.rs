//! What refers to one another beside queries: lists of files, data sources, receivers,
//! prices.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use serde_json::Value;
use spindrift_test_infra::text;
use toml_edit::DocumentMut;

use crate::dashboards::{self, list};
use crate::files;

fn strings(values: &[Value]) -> BTreeSet<String> {
    let texts = values.iter().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

#[test]
fn the_kustomization_has_every_file() -> anyhow::Result<()> {
    let [(_, kustomization)] = &files::yaml("infra/monitoring/kustomization.yaml")?[..] else {
        anyhow::bail!("there is one kustomization")
    };
    let mut listed = strings(list(kustomization, "/resources"));
    for generator in list(kustomization, "/configMapGenerator") {
        listed.extend(strings(list(generator, "/files")));
    }
    let mut there = BTreeSet::new();
    for pattern in [
        "rules/*.yaml",
        "scrape/*.yaml",
        "dashboards/*.json",
        "datasources.yaml",
    ] {
        for path in files::paths(&format!("infra/monitoring/{pattern}"))? {
            let path = path.strip_prefix("infra/monitoring/");
            there.insert(path.context("a path from elsewhere")?.to_owned());
        }
    }
    ensure!(listed == there, "{listed:#?} is not {there:#?}");
    Ok(())
}

/// The ids of Grafana's data sources.
fn sources() -> anyhow::Result<(BTreeSet<String>, Value)> {
    let mut all = files::yaml("infra/monitoring/datasources.yaml")?;
    let (_, file) = all.pop().context("there are data sources")?;
    let uids = list(&file, "/datasources")
        .iter()
        .filter_map(|source| source.get("uid").and_then(Value::as_str))
        .map(str::to_owned);
    Ok((uids.collect(), file))
}

/// Every value under a key, wherever it is.
fn all_under(value: &Value, key: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (name, value) in entries {
                if let (true, Some(text)) = (name == key, value.as_str()) {
                    found.insert(text.to_owned());
                }
                all_under(value, key, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| all_under(value, key, found)),
        _ => {}
    }
}

#[test]
fn data_sources_that_are_named_are_there() -> anyhow::Result<()> {
    let (uids, file) = sources()?;
    let mut named = BTreeSet::new();
    all_under(&file, "datasourceUid", &mut named);
    for (_, dashboard) in dashboards::all()? {
        for panel in list(&dashboard, "/panels") {
            all_under(&panel["datasource"], "uid", &mut named);
        }
    }
    let missing: Vec<&String> = named.difference(&uids).collect();
    ensure!(missing.is_empty(), "there are no data sources {missing:?}");
    Ok(())
}

#[test]
fn alerts_go_to_receivers_that_are_there_and_secrets_are_references() -> anyhow::Result<()> {
    for (file, config) in files::yaml("infra/monitoring/alertmanager/*.yaml")? {
        let (mut named, mut there) = (BTreeSet::new(), BTreeSet::new());
        all_under(&config["spec"]["route"], "receiver", &mut named);
        for receiver in list(&config, "/spec/receivers") {
            all_under(receiver, "name", &mut there);
        }
        let missing: Vec<&String> = named.difference(&there).collect();
        ensure!(missing.is_empty(), "{file}: no receivers {missing:?}");
        ensure!(
            config.pointer("/metadata/name") == Some(&"spindrift".into()),
            "{file}: the one that Alertmanager reads is called spindrift"
        );
        let severities = list(&config, "/spec/route/routes").iter();
        let pages = severities.filter(|route| {
            let matchers = list(route, "/matchers").iter();
            matchers.clone().any(|matcher| matcher["value"] == "page")
                && route["receiver"] == "page"
        });
        ensure!(pages.count() == 1, "{file}: pages have no way of their own");
    }
    Ok(())
}

#[test]
fn prices_of_the_dashboard_are_those_of_the_list() -> anyhow::Result<()> {
    let prices: DocumentMut = text("infra/cost/prices.toml")?.parse()?;
    let tables = prices["price"].as_array_of_tables();
    let listed: BTreeMap<&str, f64> = tables
        .context("prices.toml has [[price]]")?
        .iter()
        .filter_map(|price| Some((price["id"].as_str()?, price["monthly"].as_float()?)))
        .collect();
    let dashboard: Value = serde_json::from_str(&text("infra/monitoring/dashboards/cost.json")?)?;
    for (variable, id) in [
        ("node_price", "droplet:s-4vcpu-8gb"),
        ("volume_price", "volume:gib"),
        ("balancer_price", "load-balancer:node"),
    ] {
        let of_it = list(&dashboard, "/templating/list")
            .iter()
            .find(|each| each["name"] == variable)
            .with_context(|| format!("cost.json has a variable {variable}"))?;
        for pointer in ["/query", "/current/value", "/current/text"] {
            let shown = of_it.pointer(pointer).and_then(Value::as_str);
            let shown: f64 = shown.context("it is a text")?.parse()?;
            let price = listed.get(id).copied();
            ensure!(
                price == Some(shown),
                "{variable} is {shown}, and {id} costs {price:?}"
            );
        }
    }
    Ok(())
}
