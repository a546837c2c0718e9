//! What actionlint and zizmor do not ask of a workflow.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;
use spindrift_test_infra::{repository, text};

use crate::commands::Known;
use crate::none;
use crate::shell::calls;

/// The paths of all workflows and actions.
fn paths() -> Result<Vec<String>> {
    let mut paths = Vec::new();
    for pattern in [".github/workflows/*.yml", ".github/actions/*/action.yml"] {
        for path in glob::glob(&repository().join(pattern).to_string_lossy())? {
            let path = path?.canonicalize()?;
            let path = path.strip_prefix(repository().canonicalize()?)?;
            paths.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(paths)
}

/// What is wrong with one.
fn wrong(path: &str, text: &str, known: &Known) -> Result<Vec<String>> {
    let value: Value = serde_saphyr::from_str(text).with_context(|| path.to_owned())?;
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    if let Some(jobs) = value["jobs"].as_object() {
        for key in ["permissions", "concurrency"] {
            if value.get(key).is_none() {
                problems.push(format!("{path}: has no {key}"));
            }
        }
        for (name, job) in jobs {
            if job.get("uses").is_none() && job["timeout-minutes"].as_u64().is_none() {
                problems.push(format!("{path}: job {name} has no timeout-minutes"));
            }
            steps.extend(job["steps"].as_array().into_iter().flatten());
        }
    }
    steps.extend(value["runs"]["steps"].as_array().into_iter().flatten());
    for step in steps {
        for call in calls(step["run"].as_str().unwrap_or_default()) {
            let ours = [
                "make",
                "spindrift",
                "target/release/spindrift",
                "target/dist/spindrift",
            ]
            .contains(&call.program());
            let script = ["scripts/", "infra/", ".github/", ".ci/"];
            if ours
                || script
                    .iter()
                    .any(|folder| call.program().starts_with(folder))
            {
                problems.extend(
                    known
                        .wrong(&call)
                        .into_iter()
                        .map(|wrong| format!("{path}: {wrong}")),
                );
            }
        }
    }
    problems.extend(text.lines().filter_map(|line| unpinned(path, line)));
    Ok(problems)
}

/// An action that is not pinned by its commit, with its version beside it.
fn unpinned(path: &str, line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("- ");
    let action = line
        .strip_prefix("uses: ")
        .filter(|action| !action.starts_with("./"))?;
    let pinned = action
        .split_once('@')
        .and_then(|(_, pin)| pin.split_once(" # v"));
    let commit = |pin: &str| pin.len() == 40 && pin.bytes().all(|b| b.is_ascii_hexdigit());
    (!pinned.is_some_and(|(pin, _)| commit(pin)))
        .then(|| format!("{path}: `{action}` is not pinned as NAME@COMMIT # vVERSION"))
}

/// Names that follow `secrets.` or `vars.`.
fn settings(text: &str) -> BTreeSet<String> {
    let after = ["secrets.", "vars."]
        .into_iter()
        .flat_map(|kind| text.split(kind).skip(1));
    let names = after.map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
        rest[..end.unwrap_or(rest.len())].to_owned()
    });
    names
        .filter(|name| !name.is_empty() && name != "GITHUB_TOKEN")
        .collect()
}

#[test]
fn workflows_are_bounded_pinned_and_call_what_exists() -> Result<()> {
    let known = Known::read()?;
    let paths = paths()?;
    anyhow::ensure!(paths.len() >= 5, "{paths:?}");
    let mut problems = Vec::new();
    for path in &paths {
        problems.extend(wrong(path, &text(path)?, &known)?);
    }
    none(&problems)
}

#[test]
fn every_secret_and_variable_of_the_workflows_is_in_the_deployment_guide() -> Result<()> {
    let guide = text("docs/DEPLOYMENT.md")?;
    let mut problems = Vec::new();
    for path in paths()? {
        let unknown = settings(&text(&path)?).into_iter();
        let unknown = unknown.filter(|name| !guide.contains(&format!("`{name}`")));
        problems.extend(
            unknown.map(|name| format!("{path}: docs/DEPLOYMENT.md does not tell of {name}")),
        );
    }
    none(&problems)
}

#[test]
fn a_careless_workflow_is_found() -> Result<()> {
    let text = "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: actions/checkout@v6\n      \
                - run: make tea\n      - run: |\n          set -e\n          .github/none\n  b:\n    uses: ./.github/workflows/ci.yml\n";
    assert_eq!(
        wrong("w.yml", text, &Known::read()?)?,
        [
            "w.yml: has no permissions",
            "w.yml: has no concurrency",
            "w.yml: job a has no timeout-minutes",
            "w.yml: `make tea` is unknown",
            "w.yml: .github/none is not there",
            "w.yml: `actions/checkout@v6` is not pinned as NAME@COMMIT # vVERSION",
        ]
    );
    let names: Vec<String> = settings("${{ secrets.A_1 }} ${{ vars.B }} secrets.GITHUB_TOKEN")
        .into_iter()
        .collect();
    assert_eq!(names, ["A_1", "B"]);
    Ok(())
}
