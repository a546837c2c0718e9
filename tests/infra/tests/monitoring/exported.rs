//! What the program's own code registers, read as text: a test that runs the program
//! sees only the metrics of what it made the program do.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use spindrift_test_infra::text;

use crate::catalog::Catalog;
use crate::{catalog, files};

/// The families that a source file registers.
fn registered(source: &str) -> anyhow::Result<Vec<String>> {
    let mut families = Vec::new();
    for call in source.split("registry.register").skip(1) {
        let with_unit = call.starts_with("_with_unit(");
        if !with_unit && !call.starts_with('(') {
            continue;
        }
        let name = call.split('"').nth(1).context("a metric without a name")?;
        let suffix = match with_unit {
            true if call.contains("Unit::Seconds") => "_seconds",
            true => anyhow::bail!("{name} has a unit that is not known here"),
            false => "",
        };
        families.push(format!("{name}{suffix}"));
    }
    // What is counted when somebody asks.
    for call in source.split("encode_descriptor(").skip(1) {
        let name = call.split('"').nth(1).context("a metric without a name")?;
        families.push(name.to_owned());
    }
    Ok(families)
}

/// The numbers of its `const BUCKETS`, if it has one.
fn buckets(source: &str) -> anyhow::Result<Option<BTreeSet<String>>> {
    let Some((_, list)) = source.split_once("const BUCKETS: [f64;") else {
        return Ok(None);
    };
    let list = list
        .split_once("= [")
        .and_then(|(_, list)| list.split_once(']'));
    let (list, _) = list.context("BUCKETS has no list")?;
    let numbers = list.split(',').map(str::trim);
    let numbers = numbers.filter(|number| !number.is_empty());
    Ok(Some(numbers.map(str::to_owned).collect()))
}

/// What of a source file is not as in the catalog.
fn differences(source: &str, catalog: &Catalog) -> anyhow::Result<Vec<String>> {
    let mut differences = Vec::new();
    let buckets = buckets(source)?;
    let known = catalog.families();
    for family in registered(source)? {
        let Some(series) = known.get(family.as_str()) else {
            differences.push(format!("metrics.txt lacks {family}"));
            continue;
        };
        let mut listed = series.iter().filter_map(|name| catalog.get(name));
        let listed = listed.find(|series| !series.buckets.is_empty());
        if let Some(mut listed) = listed.map(|series| series.buckets.clone()) {
            listed.remove("+Inf");
            if buckets.as_ref() != Some(&listed) {
                differences.push(format!("metrics.txt has other buckets of {family}"));
            }
        }
    }
    Ok(differences)
}

#[test]
fn the_list_has_what_the_program_registers_and_nothing_else() -> anyhow::Result<()> {
    let catalog = catalog()?;
    let (mut problems, mut all) = (Vec::new(), BTreeSet::new());
    for path in files::paths("triggers/*/src/**/*.rs")? {
        let source = text(&path)?;
        let of_it = differences(&source, &catalog).with_context(|| path.clone())?;
        problems.extend(of_it.into_iter().map(|what| format!("{path}: {what}")));
        all.extend(registered(&source)?);
    }
    let ours = catalog.of_group("spindrift").into_iter();
    let ours = ours.filter_map(|name| Some(catalog.get(name)?.family.clone()));
    let gone: BTreeSet<String> = ours.filter(|family| !all.contains(family)).collect();
    problems.extend(
        gone.iter()
            .map(|family| format!("nothing registers {family}")),
    );
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    Ok(())
}

#[test]
fn a_metric_that_is_not_listed_is_found() -> anyhow::Result<()> {
    let catalog = Catalog::parse("group ours\nduration_seconds histogram - 0.1,1.0\n")?;
    let source = |name: &str, buckets: &str| {
        format!(
            "const BUCKETS: [f64; 2] = [{buckets}];\n\
             registry.register_with_unit(\n\"{name}\",\n\"Help\",\nUnit::Seconds,\nx);"
        )
    };
    ensure!(differences(&source("duration", "0.1, 1.0"), &catalog)?.is_empty());
    ensure!(differences(&source("duration", "0.1, 2.0"), &catalog)?.len() == 1);
    ensure!(differences(&source("wait", "0.1, 1.0"), &catalog)?.len() == 1);
    Ok(())
}
