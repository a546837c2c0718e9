//! Links between pages lead somewhere.

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use spindrift_test_infra::repository;

use crate::none;
use crate::page::{Page, pages};

/// Where a link of a page leads, from the repository's folder; none if out of it.
fn target(page: &str, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    let beside = Path::new(page).parent().unwrap_or(Path::new(""));
    let from = if link.is_empty() {
        PathBuf::from(page)
    } else {
        beside.join(link)
    };
    for part in from.components() {
        match part {
            Component::ParentDir => path.pop().then_some(())?,
            Component::CurDir => {}
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// What is wrong with the links of a page, among `pages`.
fn dead(page: &Page, pages: &[Page]) -> Vec<String> {
    let elsewhere = |link: &&String| !link.contains("://") && !link.starts_with("mailto:");
    let mut problems = Vec::new();
    for link in page.links.iter().filter(elsewhere) {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let found = target(&page.path, file).filter(|path| repository().join(path).exists());
        let Some(found) = found else {
            problems.push(format!("{}: {link} leads to no file", page.path));
            continue;
        };
        if anchor.is_empty() || found == Path::new(&page.path) && page.anchors.contains(anchor) {
            continue;
        }
        let other = pages.iter().find(|other| found == Path::new(&other.path));
        if !other.is_some_and(|other| other.anchors.contains(anchor)) {
            let path = found.display();
            problems.push(format!(
                "{}: {path} has no heading for #{anchor}",
                page.path
            ));
        }
    }
    problems
}

#[test]
fn every_link_between_pages_leads_to_a_file_and_a_heading() -> Result<()> {
    let pages = pages()?;
    let count: usize = pages.iter().map(|page| page.links.len()).sum();
    anyhow::ensure!(
        pages.len() > 20 && count > 100,
        "{} pages, {count} links",
        pages.len()
    );
    let dead: Vec<String> = pages.iter().flat_map(|page| dead(page, &pages)).collect();
    none(&dead)
}

#[test]
fn dead_links_are_found() {
    let page = Page::parse(
        "docs/profiles.md",
        "# Here\n[1](#here) [2](#there) [3](nowhere.md) [4](../README.md) [5](../README.md#nope) \
         [6](../../out.md) [7](https://example.com/x)",
    );
    let readme = Page::parse("README.md", "# Spindrift");
    let found = dead(&page, &[readme]);
    assert_eq!(
        found,
        [
            "docs/profiles.md: docs/profiles.md has no heading for #there",
            "docs/profiles.md: nowhere.md leads to no file",
            "docs/profiles.md: README.md has no heading for #nope",
            "docs/profiles.md: ../../out.md leads to no file",
        ]
    );
}
