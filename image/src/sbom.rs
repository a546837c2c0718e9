//! What an image is made of, as CycloneDX 1.6 has it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use spindrift_manifest::App;
use toml_edit::DocumentMut;

use crate::base::Base;
use crate::blob::Blob;
use crate::build::Options;
use crate::digest::Digest;
use crate::error::Error;
use crate::package::Packages;

/// The media type of the document.
const CYCLONEDX: &str = "application/vnd.cyclonedx+json";

/// The components, the programs with their libraries, and the crates of the lock file.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn document(
    app: &App,
    options: &Options,
    bases: &[Base],
    created: &str,
) -> Result<Blob, Error> {
    let mut parts = Vec::new();
    for component in app.components.values() {
        let mut part = file("application", &component.id, &component.source)?;
        part["version"] = json!(app.version);
        part["description"] = json!(component.description);
        parts.push(part);
    }
    let packages = Packages::under(Path::new("/"));
    for base in bases {
        let name = format!("spindrift ({})", base.platform);
        parts.push(part("application", &name, &base.digest));
        for library in &base.libraries {
            let name = library.file_name().unwrap_or_default().to_string_lossy();
            let name = format!("{name} ({})", base.platform);
            let mut part = file("library", &name, library)?;
            if let Some(package) = packages.as_ref().and_then(|packages| packages.of(library)) {
                part["name"] = json!(package.name);
                part["version"] = json!(package.version);
                part["purl"] = json!(package.purl);
                part["description"] = json!(name);
            }
            parts.push(part);
        }
    }
    if let Some(lock) = &options.lock {
        parts.extend(crates(lock)?);
    }
    let value = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "component": { "type": "application", "name": app.name, "version": app.version },
            "tools": { "components": [{
                "type": "application", "name": "spindrift", "version": env!("CARGO_PKG_VERSION"),
            }] },
        },
        "components": parts,
    });
    Ok(Blob::json(CYCLONEDX, &value))
}

fn file(kind: &str, name: &str, path: &Path) -> Result<Value, Error> {
    let bytes = fs::read(path).map_err(|e| Error::read("read", path, e))?;
    Ok(part(kind, name, &Digest::of(&bytes)))
}

fn part(kind: &str, name: &str, digest: &Digest) -> Value {
    json!({
        "type": kind,
        "name": name,
        "hashes": [{ "alg": "SHA-256", "content": digest.hex() }],
    })
}

/// The packages of a `Cargo.lock` that come from a registry.
fn crates(lock: &Path) -> Result<Vec<Value>, Error> {
    let text = fs::read_to_string(lock).map_err(|e| Error::read("read", lock, e))?;
    let refuse = |why: String| Error::Lock {
        path: lock.to_owned(),
        why,
    };
    let document: DocumentMut = text.parse().map_err(|e| refuse(format!("{e}")))?;
    let packages = document["package"]
        .as_array_of_tables()
        .ok_or_else(|| refuse("it has no [[package]]".to_owned()))?;
    let text = |package: &toml_edit::Table, key: &str| {
        package
            .get(key)
            .and_then(|item| item.as_str())
            .map(str::to_owned)
    };
    Ok(packages
        .iter()
        .filter_map(|package| {
            let (name, version) = (text(package, "name")?, text(package, "version")?);
            let checksum = text(package, "checksum")?;
            let purl = format!("pkg:cargo/{name}@{version}");
            Some(json!({
                "type": "library",
                "name": name,
                "version": version,
                "purl": purl,
                "bom-ref": purl,
                "hashes": [{ "alg": "SHA-256", "content": checksum }],
            }))
        })
        .collect())
}
