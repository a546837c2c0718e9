//! What is asked for on the one node of `budget`.

use anyhow::Context;
use serde_json::Value;

use crate::source::{Document, Step};

/// Thousandths of a processor and MiB.
pub(crate) type Request = (u64, u64);

/// What there is on an s-2vcpu-4gb for pods.
pub(crate) const NODE: Request = (1900, 2560);
/// What DOKS itself runs on a node: network, DNS, storage, agents.
pub(crate) const SYSTEM: Request = (700, 750);
/// The application at rest: `knative/tests/render.rs` holds it to less than this.
pub(crate) const APPLICATION: Request = (300, 400);

/// What each step asks for, of those that the profile runs.
pub(crate) fn requests(
    steps: &[Step],
    given: &[String],
    manifests: &[Document],
    values: &[Document],
) -> anyhow::Result<Vec<(String, Request)>> {
    let mut all = Vec::new();
    for step in steps.iter().filter(|step| given.contains(&step.name)) {
        let folder = format!("{}/", step.folder);
        let mut sum = (0, 0);
        let own = manifests.iter().filter(|one| {
            let rest = one
                .path
                .strip_prefix(&format!("{folder}manifests/"))
                .unwrap_or_default();
            !rest.is_empty() && (!rest.contains('/') || rest.starts_with("budget/"))
        });
        for document in own {
            add(&document.value, &mut sum)?;
        }
        let of_step =
            |one: &&Document| one.path.starts_with(&folder) && one.path.ends_with(".values.yaml");
        for document in values.iter().filter(of_step) {
            let path = document.path.replace(".values.yaml", ".values.budget.yaml");
            let over = values.iter().find(|one| one.path == path);
            let merged = over.map_or_else(
                || document.value.clone(),
                |over| merge(&document.value, &over.value),
            );
            add(&merged, &mut sum)?;
        }
        if sum != (0, 0) {
            all.push((step.name.clone(), sum));
        }
    }
    Ok(all)
}

/// Adds every `requests` of containers: those of volumes ask for storage alone.
fn add(value: &Value, sum: &mut Request) -> anyhow::Result<()> {
    match value {
        // What is off asks for nothing.
        Value::Object(all) if all.get("enabled") == Some(&Value::Bool(false)) => Ok(()),
        Value::Object(all) => {
            if let Some(asked) = all
                .get("requests")
                .filter(|asked| asked.get("cpu").is_some())
            {
                sum.0 += thousandths(asked["cpu"].as_str().context("cpu is no text")?)?;
                sum.1 += mebibytes(asked["memory"].as_str().context("memory is no text")?)?;
            }
            all.values().try_for_each(|one| add(one, sum))
        }
        Value::Array(all) => all.iter().try_for_each(|one| add(one, sum)),
        _ => Ok(()),
    }
}

/// As Helm does it: lists are replaced, and null takes away.
fn merge(below: &Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            let mut out = below.clone();
            for (key, value) in above {
                let merged = merge(below.get(key).unwrap_or(&Value::Null), value);
                out.insert(key.clone(), merged);
            }
            Value::Object(out)
        }
        (_, above) => above.clone(),
    }
}

fn thousandths(text: &str) -> anyhow::Result<u64> {
    Ok(match text.strip_suffix('m') {
        Some(number) => number.parse()?,
        None => text.parse::<u64>()? * 1000,
    })
}

fn mebibytes(text: &str) -> anyhow::Result<u64> {
    Ok(match text.strip_suffix("Gi") {
        Some(number) => number.parse::<u64>()? * 1024,
        None => text
            .strip_suffix("Mi")
            .context("is neither Mi nor Gi")?
            .parse()?,
    })
}
