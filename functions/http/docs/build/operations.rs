//! Paths and what can be done with them.

use std::fmt::Write as _;

use crate::json::Json;
use crate::page::{escape, prose};
use crate::resolve;
use crate::schemas::kind;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The contents and the sections, by tag.
pub(crate) fn render(document: &Json) -> (String, String) {
    let (mut contents, mut sections) = (String::new(), String::new());
    for tag in document["tags"].items() {
        let name = tag["name"].text();
        let shown = escape(name);
        push(
            &mut contents,
            format_args!("<h2><a href=\"#{shown}\">{shown}</a></h2><ul>"),
        );
        push(
            &mut sections,
            format_args!("<h2 id=\"{shown}\">{shown}</h2>"),
        );
        sections.push_str(&prose(tag["description"].text()));
        for (path, method, shared, operation) in operations(document, name) {
            let id = escape(operation["operationId"].text());
            let summary = escape(operation["summary"].text());
            push(
                &mut contents,
                format_args!("<li><a href=\"#{id}\">{summary}</a></li>"),
            );
            sections.push_str(&section(document, path, method, shared, operation));
        }
        contents.push_str("</ul>");
    }
    (contents, sections)
}

/// Path, method, what all methods of the path share, and the operation.
fn operations<'a>(
    document: &'a Json,
    tag: &'a str,
) -> impl Iterator<Item = (&'a str, &'static str, &'a Json, &'a Json)> {
    document["paths"].members().flat_map(move |(path, shared)| {
        METHODS.into_iter().filter_map(move |method| {
            let operation = shared.get(method)?;
            let tagged = operation["tags"].items().any(|one| one.text() == tag);
            tagged.then_some((path.as_str(), method, shared, operation))
        })
    })
}

fn section(document: &Json, path: &str, method: &str, shared: &Json, operation: &Json) -> String {
    let id = escape(operation["operationId"].text());
    let mut out = format!(
        "<section id=\"{id}\"><h3><a href=\"#{id}\">{}</a></h3>\
         <p class=\"route\"><b class=\"{method}\">{}</b> <code>{}</code></p>",
        escape(operation["summary"].text()),
        method.to_uppercase(),
        escape(path),
    );
    out.push_str(&prose(operation["description"].text()));
    let signed = operation["security"]
        .items()
        .any(|one| one.get("bearer").is_some());
    if signed {
        out.push_str("<p class=\"note\">Needs an access token: as Bearer or as cookie.</p>");
    }
    let parameters: Vec<_> = shared["parameters"]
        .items()
        .chain(operation["parameters"].items())
        .map(|parameter| resolve(document, parameter))
        .collect();
    out.push_str(&table_of_parameters(&parameters));
    out.push_str(&request(&operation["requestBody"]));
    out.push_str("<h4>Answers</h4><table><tbody>");
    for (status, response) in operation["responses"].members() {
        out.push_str(&answer(status, resolve(document, response)));
    }
    out.push_str("</tbody></table></section>");
    out
}

fn table_of_parameters(parameters: &[&Json]) -> String {
    if parameters.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h4>Parameters</h4><table><tbody>");
    for parameter in parameters {
        let description = prose(parameter["description"].text());
        push(
            &mut out,
            format_args!(
                "<tr><th scope=\"row\"><code>{}</code><small>{}</small></th><td>{description}{}</td></tr>",
                escape(parameter["name"].text()),
                escape(parameter["in"].text()),
                kind(&parameter["schema"]),
            ),
        );
    }
    out.push_str("</tbody></table>");
    out
}

fn request(body: &Json) -> String {
    let Some((content_type, content)) = body["content"].members().next() else {
        return String::new();
    };
    format!(
        "<h4>Body</h4><p>{} <small>{}</small></p>{}",
        kind(&content["schema"]),
        escape(content_type),
        example("Example", &content["example"]),
    )
}

/// One row: the status, what it means, its headers, its body.
fn answer(status: &str, response: &Json) -> String {
    let mut out = format!(
        "<tr><th scope=\"row\">{}</th><td>{}",
        escape(status),
        prose(response["description"].text())
    );
    let headers: Vec<_> = response["headers"]
        .members()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, _)| format!("<code>{}</code>", escape(name)))
        .collect();
    if !headers.is_empty() {
        push(
            &mut out,
            format_args!("<p class=\"note\">Headers: {}</p>", headers.join(", ")),
        );
    }
    for (content_type, content) in response["content"].members() {
        if content_type == "application/problem+json" {
            out.push_str(&problem_types(&content["schema"]));
        } else if content_type == "application/json" {
            push(
                &mut out,
                format_args!("<p>{}</p>", kind(&content["schema"])),
            );
            out.push_str(&example("Example", &content["example"]));
            for (name, named) in content["examples"].members() {
                out.push_str(&example(&format!("Example: {name}"), &named["value"]));
            }
        }
    }
    out.push_str("</td></tr>");
    out
}

/// Links to the pages of the problem types that an answer may have.
fn problem_types(schema: &Json) -> String {
    let types = schema["allOf"]
        .items()
        .flat_map(|part| part["properties"]["type"]["enum"].items());
    let links: Vec<_> = types
        .map(|path| {
            let path = escape(path.text());
            let slug = path.rsplit('/').next().unwrap_or_default();
            format!("<a href=\"{path}\">{slug}</a>")
        })
        .collect();
    format!("<p class=\"note\">{}</p>", links.join(", "))
}

fn example(title: &str, value: &Json) -> String {
    match serde_json::to_string_pretty(value) {
        Ok(json) if !value.is_null() => {
            format!(
                "<details><summary>{}</summary><pre>{}</pre></details>",
                escape(title),
                escape(&json)
            )
        }
        _ => String::new(),
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A String takes everything.
    _ = out.write_fmt(text);
}
