//! A Markdown page, taken apart as GitHub shows it.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use spindrift_test_infra::{repository, text};

/// Folders that hold what was built, or is not ours to write.
const ELSEWHERE: [&str; 5] = ["target", ".git", ".spindrift", "node_modules", ".terraform"];

/// A block of code.
#[derive(Debug)]
pub(crate) struct Block {
    /// What stands after the fence: `sh`, `text`, `toml`, ...
    pub(crate) language: String,
    pub(crate) text: String,
}

#[derive(Debug, Default)]
pub(crate) struct Page {
    /// Its path from the repository's folder.
    pub(crate) path: String,
    /// Targets of links and images, as they are written.
    pub(crate) links: Vec<String>,
    /// What `#` can be followed by.
    pub(crate) anchors: BTreeSet<String>,
    pub(crate) blocks: Vec<Block>,
    /// Code within lines.
    pub(crate) codes: Vec<String>,
}

impl Page {
    pub(crate) fn read(path: &str) -> Result<Self> {
        Ok(Self::parse(path, &text(path)?))
    }

    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let mut page = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut seen = HashMap::new();
        let (mut heading, mut block) = (None::<String>, None::<Block>);
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for event in Parser::new_ext(text, options) {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    // GitHub counts headings of one name.
                    let count = seen.entry(slug.clone()).or_insert(0_u32);
                    _ = page.anchors.insert(match *count {
                        0 => slug,
                        more => format!("{slug}-{more}"),
                    });
                    *count += 1;
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(dest_url.into_string());
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    block = Some(Block {
                        language,
                        text: String::new(),
                    });
                }
                Event::End(TagEnd::CodeBlock) => page.blocks.extend(block.take()),
                Event::Text(text) => {
                    if let Some(block) = &mut block {
                        block.text.push_str(&text);
                    } else if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::Code(code) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&code);
                    }
                    page.codes.push(code.into_string());
                }
                _ => {}
            }
        }
        page
    }
}

/// A heading's anchor, by GitHub's rule: lower case, hyphens for spaces, and of the rest
/// letters, digits, hyphens and underscores.
pub(crate) fn slug(heading: &str) -> String {
    let lower = heading.trim().to_lowercase();
    let kept = lower
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// Every page of the repository, by its path from there.
pub(crate) fn pages() -> Result<Vec<Page>> {
    let root = repository();
    let mut paths = Vec::new();
    collect(&root, "", &mut paths)?;
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

fn collect(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<()> {
    let here = root.join(folder);
    let entries = fs::read_dir(&here).with_context(|| format!("cannot list {}", here.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = [folder, &name].join(if folder.is_empty() { "" } else { "/" });
        if entry.file_type()?.is_dir() {
            if !ELSEWHERE.contains(&name.as_str()) {
                collect(root, &path, paths)?;
            }
        } else if name.ends_with(".md") {
            paths.push(path);
        }
    }
    Ok(())
}

#[test]
fn a_page_is_taken_apart_as_github_shows_it() {
    let page = Page::parse(
        "docs/a.md",
        "# Of `spindrift`, & more\n\n## Twice\n## Twice\n[b](b.md#c) ![d](e.png)\n\n```sh\nf\n```\n",
    );
    let anchors: Vec<&str> = page.anchors.iter().map(String::as_str).collect();
    assert_eq!(anchors, ["of-spindrift--more", "twice", "twice-1"]);
    assert_eq!(page.links, ["b.md#c", "e.png"]);
    assert_eq!(page.codes, ["spindrift"]);
    assert_eq!(
        (&*page.blocks[0].language, &*page.blocks[0].text),
        ("sh", "f\n")
    );
}
