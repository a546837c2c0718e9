//! Steps, profiles, pins and values, held to one another.

use std::collections::BTreeSet;

use spindrift_test_infra::repository;

use crate::source::{PROFILES, Step, names, paths};

/// Every instruction is one that `infra/lib/instruction.sh` knows, has its words, and every step
/// waits for something.
pub(crate) fn mistakes(steps: &[Step], pins: &[String]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for step in steps {
        if step.variants.is_empty() {
            found.push(format!("{}: has no instructions", step.folder));
        }
        for (profile, instructions) in &step.variants {
            let place = match profile {
                Some(profile) => format!("{}/step.{profile}", step.folder),
                None => format!("{}/step", step.folder),
            };
            if let Some(profile) = profile
                && !PROFILES.contains(&profile.as_str())
            {
                found.push(format!("{place}: there is no profile {profile}"));
            }
            if !instructions.iter().any(|one| one.verb == "await") {
                found.push(format!("{place}: waits for nothing"));
            }
            for one in instructions {
                let first = one.words.first().map_or("", String::as_str);
                let words = one.words.len();
                let right = match one.verb.as_str() {
                    "namespace" => words == 0 && exists(&format!("{}/namespace.yaml", step.folder)),
                    "apply" if first == "profile" => match profile {
                        Some(profile) => exists(&format!("{}/manifests/{profile}", step.folder)),
                        None => words == 1,
                    },
                    "apply" => words <= 1 && exists(&format!("{}/manifests/{first}", step.folder)),
                    "chart" => words == 2 && pins.contains(&format!("chart.{first}")),
                    "crds" => words == 1 && pins.contains(&format!("crds.{first}")),
                    "file" => words == 1 && pins.contains(&format!("file.{first}")),
                    "repository" | "rendered" => words == 1 && exists(first),
                    "secret" => words >= 3 && one.words[2..].iter().all(|key| is_reference(key)),
                    "await" => {
                        matches!(words, 2 | 3)
                            && (first == "rollout"
                                || first.starts_with("condition=")
                                || first.starts_with("jsonpath="))
                            && one.words[1].contains('/')
                    }
                    _ => false,
                };
                if !right {
                    found.push(format!(
                        "{place}: {} {} is wrong",
                        one.verb,
                        one.words.join(" ")
                    ));
                }
            }
        }
    }
    Ok(found)
}

/// A key of a Secret by reference: to a variable, to another Secret, or a text that is no
/// secret.
fn is_reference(key: &str) -> bool {
    const PUBLIC: [&str; 5] = ["SASL_SSL", "SCRAM-SHA-512", "todo", "todo-staging", "admin"];
    if let Some((_, source)) = key.split_once('@') {
        return source.split('/').count() == 3;
    }
    if let Some((_, variable)) = key.split_once('=') {
        return variable.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    }
    key.split_once(':')
        .is_some_and(|(_, text)| PUBLIC.contains(&text))
}

/// Every pin is used, and every file of values belongs to a chart that its step installs.
pub(crate) fn unused(
    steps: &[Step],
    pins: &[String],
    manifests: &str,
) -> anyhow::Result<Vec<String>> {
    let installed = |step: &Step| -> BTreeSet<String> {
        let all = step.variants.iter().flat_map(|(_, all)| all);
        all.filter(|one| ["chart", "crds", "file"].contains(&one.verb.as_str()))
            .map(|one| format!("{}.{}", one.verb, one.words[0]))
            .collect()
    };
    let used: BTreeSet<_> = steps.iter().flat_map(installed).collect();
    let mut found: Vec<_> = pins
        .iter()
        .filter(|pin| match pin.split_once('.') {
            Some(("image" | "operand", name)) => {
                let variable = format!("${{VERSION_{}}}", name.replace('-', "_").to_uppercase());
                !manifests.contains(&variable)
            }
            _ => !used.contains(*pin),
        })
        .map(|pin| format!("infra/platform/versions.toml: nothing uses {pin}"))
        .collect();
    for name in names(manifests)
        .iter()
        .filter_map(|name| name.strip_prefix("VERSION_"))
    {
        let name = name.replace('_', "-").to_lowercase();
        if !["image", "operand"]
            .iter()
            .any(|kind| pins.contains(&format!("{kind}.{name}")))
        {
            found.push(format!(
                "infra/platform/versions.toml: {name} is not pinned"
            ));
        }
    }
    for step in steps {
        for path in paths(&format!("{}/*.values*.yaml", step.folder))? {
            let file = path.rsplit('/').next().unwrap_or_default();
            let mut parts = file.split(".values");
            let chart = parts.next().unwrap_or_default();
            let profile = parts
                .next()
                .unwrap_or_default()
                .trim_end_matches("yaml")
                .trim_matches('.');
            let of_step = installed(step);
            if !["chart", "crds"]
                .iter()
                .any(|kind| of_step.contains(&format!("{kind}.{chart}")))
            {
                found.push(format!("{path}: the step installs no chart {chart}"));
            }
            if !profile.is_empty() && !PROFILES.contains(&profile) {
                found.push(format!("{path}: there is no profile {profile}"));
            }
        }
        for pin in installed(step)
            .iter()
            .filter_map(|pin| pin.strip_prefix("chart."))
        {
            if !exists(&format!("{}/{pin}.values.yaml", step.folder)) {
                found.push(format!("{}: has no values for {pin}", step.folder));
            }
        }
    }
    Ok(found)
}

fn exists(path: &str) -> bool {
    repository().join(path).exists()
}
