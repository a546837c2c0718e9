//! What the bodies look like.

use serde_json::Value;

use crate::page::{escape, prose};
use crate::{items, members, text};

/// The contents and the sections.
pub(crate) fn render(document: &Value) -> (String, String) {
    let mut contents = String::from("<h2><a href=\"#schemas\">schemas</a></h2><ul>");
    let mut sections = String::from("<h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in members(&document["components"]["schemas"]) {
        let shown = escape(name);
        contents.push_str(&format!("<li><a href=\"#schema-{shown}\">{shown}</a></li>"));
        sections.push_str(&format!(
            "<section id=\"schema-{shown}\"><h3><a href=\"#schema-{shown}\">{shown}</a></h3>{}{}</section>",
            prose(text(&schema["description"])),
            properties(schema),
        ));
    }
    contents.push_str("</ul>");
    (contents, sections)
}

fn properties(schema: &Value) -> String {
    if schema["properties"].is_null() {
        return format!("<p>{}</p>", kind(schema));
    }
    let mut out = String::from("<table><tbody>");
    for (name, property) in members(&schema["properties"]) {
        let required = items(&schema["required"]).any(|one| one == name);
        out.push_str(&format!(
            "<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}{}</td></tr>",
            escape(name),
            if required {
                "<small>required</small>"
            } else {
                ""
            },
            prose(text(&property["description"])),
            kind(property),
        ));
    }
    out.push_str("</tbody></table>");
    out
}

/// A schema in a few words: its type, or a link to it, and its limits.
pub(crate) fn kind(schema: &Value) -> String {
    if let Some(target) = schema["$ref"].as_str() {
        let name = escape(target.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    let alternatives: Vec<_> = ["anyOf", "allOf"]
        .iter()
        .flat_map(|key| items(&schema[*key]))
        .map(kind)
        .collect();
    let mut words = Vec::new();
    if alternatives.is_empty() {
        words.push(type_of(schema));
    } else {
        words.push(alternatives.join(" or "));
    }
    words.extend(limits(schema));
    format!("<small>{}</small>", words.join(", "))
}

fn type_of(schema: &Value) -> String {
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect::<Vec<_>>().join(" or "),
        one => text(one).to_owned(),
    };
    if types != "array" {
        return escape(&types);
    }
    format!("array of {}", kind(&schema["items"]))
}

/// The limits that a schema sets, in words.
fn limits(schema: &Value) -> Vec<String> {
    let words = [
        ("format", ""),
        ("const", ""),
        ("pattern", "like "),
        ("minLength", "length from "),
        ("maxLength", "length to "),
        ("minimum", "from "),
        ("maximum", "to "),
        ("maxItems", "items to "),
        ("default", "default "),
    ];
    let mut limits: Vec<_> = words
        .iter()
        .filter_map(|(key, word)| Some(format!("{word}<code>{}</code>", shown(schema.get(key)?))))
        .collect();
    let one_of: Vec<_> = items(&schema["enum"])
        .map(|value| format!("<code>{}</code>", shown(value)))
        .collect();
    if !one_of.is_empty() {
        limits.push(format!("one of {}", one_of.join(" ")));
    }
    limits
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => escape(if text.is_empty() { "\"\"" } else { text }),
        other => escape(&other.to_string()),
    }
}
