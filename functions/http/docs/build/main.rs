//! Makes what the function embeds: the OpenAPI document without white space, the page
//! that is read from it, and an entity tag for each file.

mod json;
mod operations;
#[path = "../src/page.rs"]
mod page;
mod schemas;

use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

use json::Json;
use sha2::{Digest as _, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let source = Path::new("openapi.json");
    let document: Json = serde_json::from_str(&fs::read_to_string(source)?)?;
    write(
        "openapi.json",
        "OPENAPI_TAG",
        &serde_json::to_string(&document)?,
    )?;
    write("docs.html", "DOCS_TAG", &docs(&document))?;
    write(
        "style.css",
        "STYLE_TAG",
        &fs::read_to_string("src/style.css")?,
    )?;
    for input in ["openapi.json", "src/style.css", "src/page.rs", "build"] {
        tell(&format!("rerun-if-changed={input}"));
    }
    Ok(())
}

/// The whole page.
fn docs(document: &Json) -> String {
    let info = &document["info"];
    let title = page::escape(info["title"].text());
    let (contents, operations) = operations::render(document);
    let (schema_contents, schemas) = schemas::render(document);
    let main = format!(
        "<div class=\"columns\"><nav aria-label=\"Contents\">{contents}{schema_contents}</nav><div>\
         <h1>{title} <small>{version}</small></h1>{description}\
         <p>For programs: <a href=\"/api/openapi.json\">openapi.json</a> (OpenAPI {openapi}).</p>\
         {operations}{schemas}</div></div>",
        version = page::escape(info["version"].text()),
        description = page::prose(info["description"].text()),
        openapi = page::escape(document["openapi"].text()),
    );
    page::page(info["title"].text(), &main)
}

/// Writes a file for `include_bytes!`, and its tag for `env!`.
fn write(name: &str, tag: &str, content: &str) -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    fs::write(folder.join(name), content)?;
    let hash = Sha256::digest(content);
    let short: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    tell(&format!("rustc-env={tag}=\"{short}\""));
    Ok(())
}

#[expect(
    clippy::print_stdout,
    reason = "this is how a build script speaks to cargo"
)]
fn tell(instruction: &str) {
    println!("cargo::{instruction}");
}

/// What a `$ref` points at, or the value itself.
fn resolve<'a>(document: &'a Json, value: &'a Json) -> &'a Json {
    match value["$ref"].text().strip_prefix("#/") {
        Some(path) => path.split('/').fold(document, |value, name| &value[name]),
        None => value,
    }
}
