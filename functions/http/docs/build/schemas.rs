//! What the bodies look like.

use serde_json::Value;

use crate::json::Json;
use crate::page::{escape, prose};

/// The contents and the sections.
pub(crate) fn render(document: &Json) -> (String, String) {
    let mut contents = String::from("<h2><a href=\"#schemas\">schemas</a></h2><ul>");
    let mut sections = String::from("<h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in document["components"]["schemas"].members() {
        let shown = escape(name);
        contents.push_str(&format!("<li><a href=\"#schema-{shown}\">{shown}</a></li>"));
        sections.push_str(&format!(
            "<section id=\"schema-{shown}\"><h3><a href=\"#schema-{shown}\">{shown}</a></h3>{}{}</section>",
            prose(schema["description"].text()),
            properties(schema),
        ));
    }
    contents.push_str("</ul>");
    (contents, sections)
}

fn properties(schema: &Json) -> String {
    if schema["properties"].is_null() {
        return format!("<p>{}</p>", kind(schema));
    }
    let mut out = String::from("<table><tbody>");
    for (name, property) in schema["properties"].members() {
        let required = schema["required"].items().any(|one| one.text() == name);
        out.push_str(&format!(
            "<tr><th scope=\"row\"><code>{}</code>{}</th><td>{}{}</td></tr>",
            escape(name),
            if required {
                "<small>required</small>"
            } else {
                ""
            },
            prose(property["description"].text()),
            kind(property),
        ));
    }
    out.push_str("</tbody></table>");
    out
}

/// A schema in a few words: its type, or a link to it, and its limits.
pub(crate) fn kind(schema: &Json) -> String {
    if let Json::Plain(Value::String(target)) = &schema["$ref"] {
        let name = escape(target.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    let alternatives: Vec<_> = ["anyOf", "allOf"]
        .iter()
        .flat_map(|key| schema[*key].items())
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

fn type_of(schema: &Json) -> String {
    let types = match &schema["type"] {
        Json::Array(types) => types
            .iter()
            .map(Json::text)
            .collect::<Vec<_>>()
            .join(" or "),
        one => one.text().to_owned(),
    };
    if types != "array" {
        return escape(&types);
    }
    format!("array of {}", kind(&schema["items"]))
}

/// The limits that a schema sets, in words.
fn limits(schema: &Json) -> Vec<String> {
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
    let one_of: Vec<_> = schema["enum"]
        .items()
        .map(|value| format!("<code>{}</code>", shown(value)))
        .collect();
    if !one_of.is_empty() {
        limits.push(format!("one of {}", one_of.join(" ")));
    }
    limits
}

fn shown(value: &Json) -> String {
    match value {
        Json::Plain(Value::String(text)) => escape(if text.is_empty() { "\"\"" } else { text }),
        Json::Plain(other) => escape(&other.to_string()),
        Json::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(" "),
        Json::Object(_) => String::new(),
    }
}
