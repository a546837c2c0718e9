//! `infra/monitoring/dashboards`.

use std::collections::BTreeSet;

use anyhow::Context;
use serde_json::Value;

use crate::files;

/// The width of Grafana's grid.
const WIDTH: u64 = 24;

/// The files and what is in them.
pub(crate) fn all() -> anyhow::Result<Vec<(String, Value)>> {
    files::json("infra/monitoring/dashboards/*.json")
}

/// Every query of a dashboard: those of its panels, and those of its variables.
pub(crate) fn queries(dashboard: &Value) -> anyhow::Result<Vec<String>> {
    let mut queries = Vec::new();
    for panel in list(dashboard, "/panels") {
        for target in list(panel, "/targets") {
            let query = target.get("expr").and_then(Value::as_str);
            queries.push(query.context("a panel's target has no expr")?.to_owned());
        }
    }
    for variable in list(dashboard, "/templating/list") {
        let query = variable.get("query").and_then(Value::as_str);
        let inside = query.and_then(|query| query.strip_prefix("label_values("));
        if let Some(inside) = inside.and_then(|inside| inside.strip_suffix(')')) {
            let (metric, label) = inside.rsplit_once(',').context("no label is asked for")?;
            queries.push(format!("group by ({}) ({metric})", label.trim()));
        }
    }
    Ok(queries)
}

/// What is wrong with a dashboard, beside its queries.
pub(crate) fn problems(dashboard: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for key in ["uid", "title", "description", "tags", "schemaVersion"] {
        if dashboard.get(key).is_none() {
            problems.push(format!("it has no {key}"));
        }
    }
    let (mut taken, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for panel in list(dashboard, "/panels") {
        let text = |pointer: &str| panel.pointer(pointer).and_then(Value::as_str);
        let title = text("/title").unwrap_or("a panel");
        for needed in [
            "/title",
            "/description",
            "/type",
            "/datasource/uid",
            "/fieldConfig/defaults/unit",
        ] {
            if text(needed).is_none_or(str::is_empty) {
                problems.push(format!("{title}: there is no {needed}"));
            }
        }
        if list(panel, "/targets").is_empty() {
            problems.push(format!("{title}: it shows nothing"));
        }
        if !ids.insert(panel.get("id").and_then(Value::as_u64)) {
            problems.push(format!("{title}: another panel has its id"));
        }
        let number = |key: &str| {
            let number = panel.pointer(&format!("/gridPos/{key}"));
            number.and_then(Value::as_u64).unwrap_or_default()
        };
        let (x, y, w, h) = (number("x"), number("y"), number("w"), number("h"));
        if w == 0 || h == 0 || x + w > WIDTH {
            problems.push(format!("{title}: it is not within the grid"));
        }
        let cells = (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y)));
        if cells.filter(|cell| !taken.insert(*cell)).count() > 0 {
            problems.push(format!("{title}: it lies over another panel"));
        }
    }
    problems
}

/// A list, which may not be there.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    let found = value.pointer(pointer).and_then(Value::as_array);
    found.map_or(&[], Vec::as_slice)
}
