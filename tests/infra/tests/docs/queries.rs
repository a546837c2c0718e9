//! Queries of Prometheus in the documents ask for metrics that there are.

use std::collections::BTreeSet;

use anyhow::Result;
use spindrift_test_infra::text;

use crate::none;
use crate::page::{Page, pages};
use crate::shell::calls;

/// The series of `infra/monitoring/metrics.txt`, whose head explains its lines.
fn series() -> Result<BTreeSet<String>> {
    let mut series = BTreeSet::new();
    for line in text("infra/monitoring/metrics.txt")?.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(kind)) = (words.next(), words.next()) else {
            continue;
        };
        let suffixes: &[&str] = match kind {
            "counter" if name.ends_with("_total") => &[""],
            "counter" => &["_total"],
            "gauge" => &[""],
            "histogram" => &["_bucket", "_sum", "_count"],
            _ => continue,
        };
        series.extend(suffixes.iter().map(|suffix| format!("{name}{suffix}")));
    }
    Ok(series)
}

/// Names in a query that are of no series: those with a prefix that exporters have.
fn unknown<'a>(query: &'a str, series: &BTreeSet<String>) -> Vec<&'a str> {
    let exporters = [
        "spindrift_",
        "kafka_",
        "kube_",
        "kubelet_",
        "kn_",
        "node_",
        "certmanager_",
    ];
    let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let metrics = words.filter(|word| exporters.iter().any(|prefix| word.starts_with(prefix)));
    metrics.filter(|word| !series.contains(*word)).collect()
}

/// How many queries a page has, and what is wrong with them.
fn check(page: &Page, series: &BTreeSet<String>) -> (usize, Vec<String>) {
    let calls = page.blocks.iter().flat_map(|block| calls(&block.text));
    let queries: Vec<String> = calls
        .filter(|call| call.words.starts_with(&["promtool".into(), "query".into()]))
        .filter_map(|call| call.words.last().cloned())
        .collect();
    let problem = |name: &str| format!("{}: there is no metric {name}", page.path);
    let problems = queries.iter().flat_map(|query| unknown(query, series));
    (queries.len(), problems.map(problem).collect())
}

#[test]
fn queries_in_the_documents_ask_for_metrics_that_there_are() -> Result<()> {
    let series = series()?;
    let checked: Vec<_> = pages()?.iter().map(|page| check(page, &series)).collect();
    let count: usize = checked.iter().map(|(count, _)| count).sum();
    anyhow::ensure!(count >= 5, "{count} queries alone were found");
    let problems: Vec<String> = checked
        .into_iter()
        .flat_map(|(_, problems)| problems)
        .collect();
    none(&problems)
}

#[test]
fn a_query_for_what_nobody_exports_is_found() -> Result<()> {
    let page = Page::parse(
        "a.md",
        "```sh\npromtool query instant http://x 'max by (topic) (spindrift_outbox_age) / sum(rate(spindrift_http_requests_total[5m]))'\n```",
    );
    let found = (
        1,
        vec!["a.md: there is no metric spindrift_outbox_age".to_owned()],
    );
    assert_eq!(check(&page, &series()?), found);
    Ok(())
}
