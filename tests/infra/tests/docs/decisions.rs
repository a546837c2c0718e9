//! Decision records are numbered, listed, and of one form.

use anyhow::{Context, Result};
use spindrift_test_infra::{repository, text};

use crate::none;
use crate::page::Page;

/// What is wrong with the records by these names, and the page that lists them.
fn wrong(records: &[(String, String)], index: &Page) -> Vec<String> {
    let mut problems = Vec::new();
    for (number, (name, text)) in (1..).zip(records) {
        let prefix = format!("{number:04}-");
        if !name.starts_with(&prefix) {
            problems.push(format!("{name}: the next record is {prefix}"));
        }
        if !index.links.contains(name) {
            problems.push(format!("{name}: docs/adr/README.md does not list it"));
        }
        let page = Page::parse(name, text);
        for heading in ["context", "decision", "consequences"] {
            if !page.anchors.contains(heading) {
                problems.push(format!("{name}: has no heading for its {heading}"));
            }
        }
        if !text.starts_with(&format!("# {number}. ")) {
            problems.push(format!("{name}: its title begins with `# {number}. `"));
        }
        // A page of paper.
        if text.split_whitespace().count() > 500 {
            problems.push(format!("{name}: is longer than a page"));
        }
    }
    problems
}

#[test]
fn decisions_are_numbered_listed_and_of_one_form() -> Result<()> {
    let mut records = Vec::new();
    for path in glob::glob(&repository().join("docs/adr/[0-9]*.md").to_string_lossy())? {
        let path = path?;
        let name = path
            .file_name()
            .context("a file")?
            .to_string_lossy()
            .into_owned();
        let text = text(&format!("docs/adr/{name}"))?;
        records.push((name, text));
    }
    anyhow::ensure!(records.len() >= 10, "{} records", records.len());
    none(&wrong(&records, &Page::read("docs/adr/README.md")?))
}

#[test]
fn a_gap_and_a_record_out_of_form_are_found() {
    let good = "# 1. One\n\n## Context\n\n## Decision\n\n## Consequences\n";
    let records = [
        ("0001-one.md".to_owned(), good.to_owned()),
        (
            "0003-three.md".to_owned(),
            "# 3. Three\n\n## Context\n\n## Decision\n".to_owned(),
        ),
    ];
    let index = Page::parse("docs/adr/README.md", "[1](0001-one.md)");
    assert_eq!(
        wrong(&records, &index),
        [
            "0003-three.md: the next record is 0002-",
            "0003-three.md: docs/adr/README.md does not list it",
            "0003-three.md: has no heading for its consequences",
            "0003-three.md: its title begins with `# 2. `",
        ]
    );
}
