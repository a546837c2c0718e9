//! A module or a root: the blocks of all its files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use hcl::{Block, Body, Expression};
use spindrift_test_infra::repository;

pub(crate) const ROOTS: [&str; 3] = ["budget", "staging", "production"];

/// The `*.tf` of one folder, read as one.
pub(crate) struct Source {
    /// For messages: the folder below `infra/terraform`.
    pub(crate) name: String,
    pub(crate) body: Body,
}

impl Source {
    /// Of a folder below `infra/terraform`.
    pub(crate) fn read(name: &str) -> anyhow::Result<Self> {
        let mut structures = Vec::new();
        for path in files(&folder().join(name), "*.tf")? {
            let text = std::fs::read_to_string(&path)?;
            let body =
                hcl::parse(&text).with_context(|| format!("cannot read {}", path.display()))?;
            structures.extend(body);
        }
        anyhow::ensure!(!structures.is_empty(), "infra/terraform/{name} has no *.tf");
        Ok(Self {
            name: name.to_owned(),
            body: Body(structures),
        })
    }

    /// Of a text, to see whether mistakes in it are found.
    pub(crate) fn of(text: &str) -> anyhow::Result<Self> {
        Ok(Self {
            name: "planted".to_owned(),
            body: hcl::parse(text)?,
        })
    }

    pub(crate) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.body
            .blocks()
            .filter(move |block| block.identifier() == kind)
    }

    pub(crate) fn named<'a>(&'a self, kind: &'a str, name: &'a str) -> Option<&'a Block> {
        self.blocks(kind).find(|block| label(block, 0) == name)
    }

    /// Resources and data sources, with "resource" or "data", their type and their name.
    pub(crate) fn managed(&self) -> impl Iterator<Item = (&str, &str, &str, &Block)> {
        self.body
            .blocks()
            .filter(|block| matches!(block.identifier(), "resource" | "data"))
            .map(|block| (block.identifier(), label(block, 0), label(block, 1), block))
    }

    pub(crate) fn locals(&self) -> impl Iterator<Item = (&str, &Expression)> {
        self.blocks("locals")
            .flat_map(|block| block.body.attributes())
            .map(|local| (local.key.as_str(), &local.expr))
    }
}

pub(crate) fn label(block: &Block, index: usize) -> &str {
    block
        .labels
        .get(index)
        .map(hcl::BlockLabel::as_str)
        .unwrap_or_default()
}

pub(crate) fn value<'a>(block: &'a Block, key: &str) -> Option<&'a Expression> {
    block
        .body
        .attributes()
        .find(|attribute| attribute.key.as_str() == key)
        .map(|attribute| &attribute.expr)
}

pub(crate) fn text<'a>(block: &'a Block, key: &str) -> Option<&'a str> {
    match value(block, key)? {
        Expression::String(text) => Some(text),
        _ => None,
    }
}

pub(crate) fn folder() -> PathBuf {
    repository().join("infra/terraform")
}

pub(crate) fn files(folder: &Path, pattern: &str) -> anyhow::Result<Vec<PathBuf>> {
    let pattern = folder.join(pattern);
    let mut found = glob::glob(pattern.to_str().context("a path is not text")?)?
        .collect::<Result<Vec<_>, _>>()?;
    found.sort();
    Ok(found)
}

/// Modules by their names, and the roots.
pub(crate) fn all() -> anyhow::Result<Vec<Source>> {
    let mut names: Vec<String> = ROOTS.iter().map(|root| (*root).to_owned()).collect();
    for path in files(&folder(), "modules/*")? {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .context("a path is not text")?;
        names.push(format!("modules/{name}"));
    }
    names.iter().map(|name| Source::read(name)).collect()
}
