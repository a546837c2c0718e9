//! What every file here keeps to, whoever the provider is.

use hcl::{Block, Expression};

use crate::source::{Source, label, text, value};

/// Of the provider whose schema is in `tests/infra/schemas/digitalocean`.
pub(crate) const VERSION: &str = "2.99.1";

/// Variables and outputs that do not say what they are, and variables that take anything.
pub(crate) fn undescribed(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for kind in ["variable", "output"] {
        for block in source.blocks(kind) {
            let place = format!("{}: {kind} {}", source.name, label(block, 0));
            if text(block, "description").is_none_or(|words| {
                words.len() < 10 || !words.ends_with('.') && !words.contains(": ")
            }) {
                found.push(format!("{place} has no description in words"));
            }
            if kind == "variable" {
                found.extend(untyped(block).map(|lack| format!("{place} {lack}")));
            }
        }
    }
    found
}

fn untyped(variable: &Block) -> Option<&'static str> {
    let Some(of_type) = value(variable, "type") else {
        return Some("has no type");
    };
    let any = matches!(of_type, Expression::Variable(name) if name.as_str() == "any");
    let bool = matches!(of_type, Expression::Variable(name) if name.as_str() == "bool");
    let secret = value(variable, "sensitive") == Some(&Expression::Bool(true));
    let validations = || {
        variable
            .body
            .blocks()
            .filter(|block| block.identifier() == "validation")
    };
    if any {
        Some("takes anything")
    } else if !bool && !secret && validations().next().is_none() {
        Some("has no validation")
    } else if validations().any(|one| !names_itself(one, label(variable, 0))) {
        Some("has a validation whose message does not begin with its name")
    } else {
        None
    }
}

fn names_itself(validation: &Block, name: &str) -> bool {
    let message = match value(validation, "error_message") {
        Some(Expression::String(message)) => message.clone(),
        Some(Expression::TemplateExpr(message)) => message.to_string(),
        _ => String::new(),
    };
    message.starts_with(name)
}

/// Versions that are not pinned: a root names one, a module the least.
pub(crate) fn unpinned(source: &Source, root: bool) -> Vec<String> {
    let terraform: Vec<&Block> = source.blocks("terraform").collect();
    let wanted = if root {
        VERSION.to_owned()
    } else {
        format!(">= {VERSION}")
    };
    let mut found = Vec::new();
    if !terraform
        .iter()
        .any(|block| text(block, "required_version").is_some_and(|range| range.contains('<')))
    {
        found.push(format!(
            "{}: required_version has no upper bound",
            source.name
        ));
    }
    let providers = terraform
        .iter()
        .flat_map(|block| block.body.blocks())
        .filter(|block| block.identifier() == "required_providers");
    let all: Vec<_> = providers
        .flat_map(|block| block.body.attributes())
        .collect();
    if all.is_empty() {
        found.push(format!("{}: there are no required_providers", source.name));
    }
    for provider in all {
        let key = |key: &str| match &provider.expr {
            Expression::Object(object) => object
                .iter()
                .find(|(name, _)| name.to_string() == key)
                .map(|(_, value)| value.clone()),
            _ => None,
        };
        if key("version") != Some(Expression::String(wanted.clone())) {
            found.push(format!(
                "{}: the version of {} is not \"{wanted}\"",
                source.name, provider.key
            ));
        }
        if key("source") != Some(Expression::String(format!("digitalocean/{}", provider.key))) {
            found.push(format!(
                "{}: {} is of an unknown source",
                source.name, provider.key
            ));
        }
    }
    found
}

/// Beginnings of keys and URLs that let somebody in.
const SECRETS: [&str; 9] = [
    "dop_v1_",
    "doo_v1_",
    "dor_v1_",
    "DO00",
    "AKIA",
    "-----BEGIN",
    "hooks.slack.com/services/",
    "discord.com/api/webhooks/",
    "postgresql://",
];

/// Arguments whose value is a secret, wherever they are.
const SECRET_NAMES: [&str; 8] = [
    "token",
    "password",
    "secret",
    "secret_key",
    "access_key",
    "access_id",
    "spaces_access_id",
    "spaces_secret_key",
];

/// What looks like a secret in the text of a file.
pub(crate) fn secrets(name: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let begins = SECRETS.iter().find(|beginning| line.contains(**beginning));
        let set = line.split_once('=').filter(|(key, value)| {
            SECRET_NAMES.contains(&key.trim())
                && value.trim().starts_with('"')
                && !value.contains("${")
                && value.trim() != "\"\""
        });
        if begins.is_some() || set.is_some() {
            found.push(format!("{name}:{}: looks like a secret", number + 1));
        }
    }
    found
}
