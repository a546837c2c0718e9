//! Arguments and nested blocks, against the provider's schema.

use hcl::{Block, Body, Expression};
use serde_json::Value;

use crate::schema::{Described, Schema};
use crate::source::{Source, label};

const META: [&str; 4] = ["count", "for_each", "depends_on", "provider"];
const META_BLOCKS: [&str; 1] = ["lifecycle"];

/// What is wrong with the resources, data sources and provider of a module.
pub(crate) fn mistakes(source: &Source, schema: &Schema) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (kind, of_type, name, block) in source.managed() {
        let place = format!("{}: {kind} {of_type}.{name}", source.name);
        match schema.block(kind, of_type)? {
            Some(described) => check(&block.body, described, true, &place, &mut found),
            None => found.push(format!(
                "{place}: the provider has no such type (or 'infra/terraform/schema' has to be run)"
            )),
        }
    }
    for block in source.blocks("provider") {
        let place = format!("{}: provider {}", source.name, label(block, 0));
        check(&block.body, schema.provider()?, false, &place, &mut found);
    }
    Ok(found)
}

fn check(body: &Body, described: Described<'_>, meta: bool, place: &str, found: &mut Vec<String>) {
    let mut set = Vec::new();
    for attribute in body.attributes() {
        let name = attribute.key.as_str();
        set.push(name);
        if meta && META.contains(&name) {
            continue;
        }
        match described.attribute(name) {
            None => found.push(format!("{place}: there is no argument {name}")),
            Some(known) if !known.settable() => {
                found.push(format!("{place}: {name} is computed and cannot be set"));
            }
            Some(known) if known.deprecated() => {
                found.push(format!("{place}: {name} is deprecated"));
            }
            Some(known) if !fits(&attribute.expr, known.of_type()) => {
                found.push(format!(
                    "{place}: {name} = {:?} is not of the type {}",
                    attribute.expr,
                    known.of_type()
                ));
            }
            Some(_) => {}
        }
    }
    for name in described.required().filter(|name| !set.contains(name)) {
        found.push(format!("{place}: the argument {name} is required"));
    }
    nested(body, described, meta, place, found);
}

fn nested(body: &Body, described: Described<'_>, meta: bool, place: &str, found: &mut Vec<String>) {
    let mut made = Vec::new();
    for block in body.blocks() {
        let (name, dynamic) = match block.identifier() {
            "dynamic" => (label(block, 0), true),
            name => (name, false),
        };
        if meta && META_BLOCKS.contains(&name) {
            continue;
        }
        let Some(known) = described.nested(name) else {
            found.push(format!("{place}: there is no block {name}"));
            continue;
        };
        made.push((name, dynamic));
        let place = format!("{place}.{name}");
        match content(block, dynamic) {
            Some(content) => check(content, known.block(), false, &place, found),
            None => found.push(format!(
                "{place}: a dynamic block needs for_each and content"
            )),
        }
    }
    for (name, known) in described.all_nested() {
        let fixed = made
            .iter()
            .filter(|(one, dynamic)| *one == name && !dynamic)
            .count() as u64;
        let any = made.iter().any(|(one, _)| *one == name);
        if known.least() > 0 && !any {
            found.push(format!("{place}: a block {name} is required"));
        }
        if known.most().is_some_and(|most| most > 0 && fixed > most) {
            found.push(format!(
                "{place}: there are {fixed} blocks {name}, too many"
            ));
        }
    }
}

fn content(block: &Block, dynamic: bool) -> Option<&Body> {
    if !dynamic {
        return Some(&block.body);
    }
    let each = block
        .body
        .attributes()
        .any(|attribute| attribute.key.as_str() == "for_each");
    let content = block
        .body
        .blocks()
        .find(|inner| inner.identifier() == "content");
    content.filter(|_| each).map(|content| &content.body)
}

/// Whether a literal can be of a type. What is computed is Terraform's to say.
fn fits(value: &Expression, of_type: &Value) -> bool {
    let of = |index: usize| of_type.get(index).unwrap_or(&Value::Null);
    let name = of_type
        .as_str()
        .or_else(|| of(0).as_str())
        .unwrap_or_default();
    match value {
        Expression::Bool(_) => matches!(name, "bool" | "string"),
        Expression::Number(_) => matches!(name, "number" | "string"),
        Expression::String(text) => match name {
            "string" => true,
            "number" => text.parse::<f64>().is_ok(),
            "bool" => matches!(text.as_str(), "true" | "false"),
            _ => false,
        },
        Expression::Array(items) => {
            matches!(name, "list" | "set") && items.iter().all(|item| fits(item, of(1)))
        }
        Expression::Object(entries) => match name {
            "map" => entries.iter().all(|(_, entry)| fits(entry, of(1))),
            "object" => true,
            _ => false,
        },
        Expression::TemplateExpr(_) => matches!(name, "string" | "number" | "bool"),
        _ => true,
    }
}
