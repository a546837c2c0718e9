//! Whether everything that is referred to is there, and all that is there referred to.

use std::collections::BTreeSet;

use hcl::Block;

use crate::references::{Reference, of_block, of_body, of_expression};
use crate::schema::{Attribute, Described, Schema};
use crate::source::{Source, label, value};

/// Names that Terraform itself brings.
const GIVEN: [&str; 5] = ["each", "count", "path", "terraform", "self"];

/// What is referred to and is not there.
pub(crate) fn unresolved(
    source: &Source,
    schema: &Schema,
    modules: &[Source],
) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for reference in references(source) {
        if let Some(mistake) = mistake(&reference, source, schema, modules)? {
            found.push(format!(
                "{}: {}: {mistake}",
                source.name,
                reference.join(".")
            ));
        }
    }
    Ok(found)
}

/// Of everything but the types of variables, whose words are not references.
pub(crate) fn references(source: &Source) -> Vec<Reference> {
    source.body.blocks().flat_map(of_top).collect()
}

fn of_top(block: &Block) -> Vec<Reference> {
    match block.identifier() {
        "variable" => block.body.blocks().flat_map(of_block).collect(),
        _ => of_body(&block.body),
    }
}

/// What is wrong with one reference, if anything.
pub(crate) fn mistake(
    reference: &Reference,
    source: &Source,
    schema: &Schema,
    modules: &[Source],
) -> anyhow::Result<Option<String>> {
    let part = |index: usize| reference.get(index).map(String::as_str).unwrap_or_default();
    let (kind, of_type, name, attribute) = match part(0) {
        first if GIVEN.contains(&first) => return Ok(None),
        "var" => {
            return Ok(missing(
                source.named("variable", part(1)).is_some(),
                "variable",
            ));
        }
        "local" => {
            return Ok(missing(
                source.locals().any(|(name, _)| name == part(1)),
                "local",
            ));
        }
        "module" => return Ok(output(source, modules, part(1), part(2))),
        "data" => ("data", part(1), part(2), part(3)),
        of_type => ("resource", of_type, part(1), part(2)),
    };
    let there = source
        .managed()
        .any(|one| (one.0, one.1, one.2) == (kind, of_type, name));
    if !there {
        return Ok(Some(format!("there is no {kind} {of_type}.{name}")));
    }
    let known = |described: Described<'_>| {
        described.attribute(attribute).is_some() || described.nested(attribute).is_some()
    };
    let fine = attribute.is_empty() || schema.block(kind, of_type)?.is_none_or(known);
    Ok(missing(fine, "attribute"))
}

fn missing(there: bool, what: &str) -> Option<String> {
    (!there).then(|| format!("there is no such {what}"))
}

fn output(source: &Source, modules: &[Source], call: &str, output: &str) -> Option<String> {
    let Some(block) = source.named("module", call) else {
        return Some("there is no such module".to_owned());
    };
    let module = called(block, modules)?;
    missing(
        output.is_empty() || module.named("output", output).is_some(),
        "output",
    )
}

/// The module that a call names.
pub(crate) fn called<'a>(call: &Block, modules: &'a [Source]) -> Option<&'a Source> {
    let name = crate::source::text(call, "source")?.strip_prefix("../")?;
    modules.iter().find(|module| module.name == name)
}

/// Calls whose module is not there, that lack what has no default, or that give what the
/// module does not take.
pub(crate) fn wrong_calls(source: &Source, modules: &[Source]) -> Vec<String> {
    let mut found = Vec::new();
    for call in source.blocks("module") {
        let place = format!("{}: module {}", source.name, label(call, 0));
        let Some(module) = called(call, modules) else {
            found.push(format!(
                "{place}: its source is no module of infra/terraform/modules"
            ));
            continue;
        };
        let given: BTreeSet<&str> = call.body.attributes().map(|one| one.key.as_str()).collect();
        for variable in module.blocks("variable") {
            let name = label(variable, 0);
            if value(variable, "default").is_none() && !given.contains(name) {
                found.push(format!("{place}: {name} is required"));
            }
        }
        let meta = ["source", "count", "for_each", "depends_on", "providers"];
        for name in given.iter().filter(|name| !meta.contains(name)) {
            if module.named("variable", name).is_none() {
                found.push(format!("{place}: the module has no variable {name}"));
            }
        }
    }
    found
}

/// Variables and locals that nothing but themselves refers to.
pub(crate) fn unused(source: &Source) -> Vec<String> {
    let mut used = BTreeSet::new();
    for block in source.body.blocks() {
        let own = (block.identifier() == "variable").then(|| label(block, 0));
        for reference in of_top(block) {
            if let [root, name, ..] = reference.as_slice()
                && Some(name.as_str()) != own
            {
                used.insert(format!("{root}.{name}"));
            }
        }
    }
    let variables = source
        .blocks("variable")
        .map(|variable| format!("var.{}", label(variable, 0)));
    let locals = source.locals().map(|(name, _)| format!("local.{name}"));
    let all = variables.chain(locals).filter(|name| !used.contains(name));
    all.map(|name| format!("{}: nothing uses {name}", source.name))
        .collect()
}

/// Outputs that carry what the provider calls secret, or a secret variable, and do not say so.
pub(crate) fn open_secrets(source: &Source, schema: &Schema) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for output in source.blocks("output") {
        let says_so = value(output, "sensitive") == Some(&hcl::Expression::Bool(true));
        let references = value(output, "value")
            .map(of_expression)
            .unwrap_or_default();
        for reference in references {
            if !says_so && secret(&reference, source, schema)? {
                let name = label(output, 0);
                found.push(format!(
                    "{}: output {name} shows {} and is not sensitive",
                    source.name,
                    reference.join(".")
                ));
            }
        }
    }
    Ok(found)
}

fn secret(reference: &Reference, source: &Source, schema: &Schema) -> anyhow::Result<bool> {
    let part = |index: usize| reference.get(index).map(String::as_str).unwrap_or_default();
    let (kind, of_type, attribute) = match part(0) {
        "var" => {
            let variable = source.named("variable", part(1));
            return Ok(variable.and_then(|one| value(one, "sensitive"))
                == Some(&hcl::Expression::Bool(true)));
        }
        "data" => ("data", part(1), part(3)),
        of_type => ("resource", of_type, part(2)),
    };
    let described = schema.block(kind, of_type)?;
    Ok(described
        .and_then(|known| known.attribute(attribute))
        .is_some_and(Attribute::sensitive))
}
