//! Files of the repository, by patterns.

use anyhow::{Context, ensure};
use serde_json::Value;
use spindrift_test_infra::{repository, text};

/// The paths that fit, from the repository's root, in order. There is one at least.
pub(crate) fn paths(pattern: &str) -> anyhow::Result<Vec<String>> {
    let root = repository();
    let mut paths = Vec::new();
    for path in glob::glob(&root.join(pattern).to_string_lossy())? {
        let path = path?;
        let path = path.strip_prefix(&root)?;
        paths.push(path.to_string_lossy().into_owned());
    }
    ensure!(!paths.is_empty(), "there is no {pattern}");
    Ok(paths)
}

/// YAML files, one document each.
pub(crate) fn yaml(pattern: &str) -> anyhow::Result<Vec<(String, Value)>> {
    read(pattern, |text| Ok(serde_saphyr::from_str(text)?))
}

/// JSON files.
pub(crate) fn json(pattern: &str) -> anyhow::Result<Vec<(String, Value)>> {
    read(pattern, |text| Ok(serde_json::from_str(text)?))
}

fn read(
    pattern: &str,
    parse: impl Fn(&str) -> anyhow::Result<Value>,
) -> anyhow::Result<Vec<(String, Value)>> {
    let files = paths(pattern)?.into_iter().map(|path| {
        let value = parse(&text(&path)?).with_context(|| format!("cannot read {path}"))?;
        Ok((path, value))
    });
    files.collect()
}
