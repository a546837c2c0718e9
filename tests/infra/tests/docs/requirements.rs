//! `docs/requirements.md` names every requirement once, and files and tests that exist.

use anyhow::Result;
use spindrift_test_infra::{repository, text};

use crate::none;
use crate::page::Page;

const STATES: [&str; 3] = ["yes", "partly", "not yet"];

/// A row: `| id | asked | answered by | shown by | state |`.
#[derive(Debug)]
struct Row<'a> {
    id: &'a str,
    answer: &'a str,
    proof: &'a str,
    state: &'a str,
}

fn row(line: &str) -> Option<Row<'_>> {
    let line = line.trim().trim_matches('|');
    let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
    let [id, _, answer, proof, state] = cells[..] else {
        return None;
    };
    let number = id.strip_prefix(['P', 'A', 'F'])?;
    _ = number.parse::<u32>().ok()?;
    Some(Row {
        id,
        answer,
        proof,
        state,
    })
}

/// The ids that there have to be, in their order.
fn expected() -> Vec<String> {
    let all = [('P', 27), ('A', 15), ('F', 9)];
    let ids = all
        .iter()
        .flat_map(|(kind, last)| (1..=*last).map(move |n| format!("{kind}{n}")));
    ids.collect()
}

fn wrong(text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let rows: Vec<Row<'_>> = text.lines().filter_map(row).collect();
    let ids: Vec<&str> = rows.iter().map(|row| row.id).collect();
    for id in expected() {
        match ids.iter().filter(|one| **one == id).count() {
            1 => {}
            count => problems.push(format!("{id} has {count} rows")),
        }
    }
    for row in &rows {
        let id = row.id;
        if !STATES.contains(&row.state) {
            problems.push(format!(
                "{id}: `{}` is none of {}",
                row.state,
                STATES.join(", ")
            ));
        }
        let (answer, proof) = (
            Page::parse("docs/a.md", row.answer),
            Page::parse("docs/a.md", row.proof),
        );
        let bare = answer.links.is_empty() || proof.links.is_empty();
        if row.state == "yes" && bare {
            problems.push(format!("{id}: says yes without a file and a test"));
        }
        problems.extend(
            missing(row.proof)
                .into_iter()
                .map(|problem| format!("{id}: {problem}")),
        );
    }
    problems
}

/// Tests that are named behind a file and are not in it: `[file](path) \`test\``.
fn missing(proof: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for part in proof.split("](../").skip(1) {
        let Some((path, rest)) = part.split_once(')') else {
            continue;
        };
        let rest = rest.split('[').next().unwrap_or_default();
        let tests: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let whole = text(path).unwrap_or_default();
        if !repository().join(path).exists() {
            problems.push(format!("{path} is not there"));
        } else {
            let declared = |test: &&&str| whole.contains(&format!("fn {test}("));
            let absent = tests.iter().filter(|test| !declared(test));
            problems.extend(absent.map(|test| format!("{path} has no test {test}")));
        }
    }
    problems
}

#[test]
fn every_requirement_names_files_and_tests_that_exist() -> Result<()> {
    none(&wrong(&text("docs/requirements.md")?))
}

#[test]
fn a_requirement_without_proof_is_found() {
    let mut table = String::new();
    for id in expected().iter().filter(|id| *id != "P3" && *id != "P27") {
        table.push_str(&format!("| {id} | x | y | z | not yet |\n"));
    }
    table.push_str("| P27 | x | [a](../README.md) | nothing | yes |\n");
    table = table.replace("| P2 | x | y | z | not yet |", "| P2 | x | y | z | soon |");
    table = table.replace(
        "| P1 | x | y | z | not yet |",
        "| P1 | x | [a](../README.md) | [t](../tests/e2e/tasks.rs) `no_such_test`, [u](../tests/e2e/none.rs) | yes |",
    );
    assert_eq!(
        wrong(&table),
        [
            "P3 has 0 rows",
            "P1: tests/e2e/tasks.rs has no test no_such_test",
            "P1: tests/e2e/none.rs is not there",
            "P2: `soon` is none of yes, partly, not yet",
            "P27: says yes without a file and a test",
        ]
    );
}
