//! The files of `infra/platform`, as the tests look at them.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use spindrift_test_infra::{repository, text};

pub(crate) const PROFILES: [&str; 3] = ["budget", "staging", "production"];

/// A folder of `steps`.
pub(crate) struct Step {
    /// Without the number.
    pub(crate) name: String,
    /// From the repository.
    pub(crate) folder: String,
    /// The files with instructions, by the profile that they are for; none is for all.
    pub(crate) variants: Vec<(Option<String>, Vec<Instruction>)>,
}

/// A line of a step: the first word, and the rest.
#[derive(Clone)]
pub(crate) struct Instruction {
    pub(crate) verb: String,
    pub(crate) words: Vec<String>,
}

/// A manifest or a file of values.
pub(crate) struct Document {
    pub(crate) path: String,
    pub(crate) value: Value,
}

/// Every step, in order.
pub(crate) fn steps() -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for folder in paths("infra/platform/steps/*")? {
        let (_, name) = folder
            .rsplit('/')
            .next()
            .and_then(|name| name.split_once('-'))
            .with_context(|| format!("{folder}: has no number"))?;
        let mut variants = Vec::new();
        for path in paths(&format!("{folder}/step*"))? {
            let profile = path.strip_prefix(&format!("{folder}/step."));
            variants.push((profile.map(str::to_owned), instructions(&text(&path)?)));
        }
        steps.push(Step {
            name: name.to_owned(),
            variants,
            folder: folder.clone(),
        });
    }
    Ok(steps)
}

impl Step {
    /// What is done for a profile; `None` where the step is not for it.
    pub(crate) fn instructions(&self, profile: &str) -> Option<&[Instruction]> {
        let of = |wanted: Option<&str>| {
            let found = self.variants.iter().find(|(of, _)| of.as_deref() == wanted);
            found.map(|(_, instructions)| instructions.as_slice())
        };
        of(Some(profile)).or_else(|| of(None))
    }
}

pub(crate) fn instructions(text: &str) -> Vec<Instruction> {
    text.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let verb = words.next()?;
            let words = words.collect();
            Some(Instruction { verb, words })
        })
        .collect()
}

/// The steps of a profile.
pub(crate) fn profile(name: &str) -> anyhow::Result<Vec<String>> {
    let file: toml_edit::DocumentMut =
        text(&format!("infra/platform/profiles/{name}.toml"))?.parse()?;
    let steps = file["steps"].as_array().context("a profile has no steps")?;
    let steps = steps.iter().filter_map(|step| step.as_str());
    Ok(steps.map(str::to_owned).collect())
}

/// The pins: table and name, such as `chart.loki`.
pub(crate) fn pins() -> anyhow::Result<Vec<String>> {
    let file: toml_edit::DocumentMut = text("infra/platform/versions.toml")?.parse()?;
    let mut pins = Vec::new();
    for (kind, table) in file.iter() {
        let table = table.as_table().context("versions.toml has tables alone")?;
        pins.extend(table.iter().map(|(name, _)| format!("{kind}.{name}")));
    }
    Ok(pins)
}

/// Every object of every manifest, its variables replaced by samples.
pub(crate) fn manifests() -> anyhow::Result<Vec<Document>> {
    let mut all = paths("infra/platform/steps/*/namespace.yaml")?;
    all.extend(paths("infra/platform/steps/*/manifests/**/*.yaml")?);
    let mut documents = Vec::new();
    for path in all {
        for value in parse(&sampled(&text(&path)?)).with_context(|| path.clone())? {
            let path = path.clone();
            documents.push(Document { path, value });
        }
    }
    Ok(documents)
}

/// Every file of values.
pub(crate) fn values() -> anyhow::Result<Vec<Document>> {
    let of = |path: String| {
        let mut value = parse(&sampled(&text(&path)?)).with_context(|| path.clone())?;
        let value = value.pop().unwrap_or_default();
        Ok(Document { path, value })
    };
    paths("infra/platform/steps/*/*.values*.yaml")?
        .into_iter()
        .map(of)
        .collect()
}

/// The objects in a stream of YAML.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<Value>> {
    Ok(serde_saphyr::from_multiple(text)?)
}

/// A text with something in the place of each `${NAME}`.
fn sampled(text: &str) -> String {
    let mut out = text.to_owned();
    for name in names(text) {
        let sample = if name.contains("EMAIL") {
            "ops@sample.org"
        } else {
            "sample.org"
        };
        out = out.replace(&format!("${{{name}}}"), sample);
    }
    out
}

/// The `${NAMES}` in what is no comment.
pub(crate) fn names(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|line| line.split("${").skip(1))
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect()
}

/// Paths from the repository, sorted.
pub(crate) fn paths(pattern: &str) -> anyhow::Result<Vec<String>> {
    let root = repository().canonicalize()?;
    let pattern = root.join(pattern);
    let mut paths = Vec::new();
    for path in glob::glob(&pattern.to_string_lossy())? {
        paths.push(path?.strip_prefix(&root).map(Path::to_owned)?);
    }
    Ok(paths
        .into_iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect())
}

pub(crate) fn of<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
