//! How an image came to be: an in-toto statement with SLSA's provenance, version 1.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use spindrift_manifest::App;

use crate::blob::Blob;
use crate::build::Options;
use crate::digest::Digest;
use crate::error::Error;

/// The media type of the document.
const IN_TOTO: &str = "application/vnd.in-toto+json";
/// Who builds, when nobody says.
const BUILDER: &str = "https://spindrift.dev/builders/cli";

/// Nobody has signed it: that is for whoever runs the builder.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn document(
    app: &App,
    options: &Options,
    image: &Blob,
    created: &str,
) -> Result<Blob, Error> {
    let mut materials = vec![material("spin.toml", &app.manifest)?];
    for component in app.components.values() {
        materials.push(material(&component.id, &component.source)?);
    }
    for payload in &options.payloads {
        materials.push(material("spindrift", &payload.binary)?);
    }
    if let (Some(source), Some(revision)) = (&options.source, &options.revision) {
        materials.push(json!({
            "uri": format!("git+{source}@{revision}"),
            "digest": { "gitCommit": revision },
        }));
    }
    let value = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": app.name, "digest": { "sha256": image.digest().hex() } }],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "https://spindrift.dev/builds/image/v1",
                "externalParameters": {
                    "application": app.name,
                    "version": app.version,
                    "source": options.source,
                    "revision": options.revision,
                },
                "resolvedDependencies": materials,
            },
            "runDetails": {
                "builder": {
                    "id": options.builder.as_deref().unwrap_or(BUILDER),
                    "version": { "spindrift": env!("CARGO_PKG_VERSION") },
                },
                "metadata": { "startedOn": created },
            },
        },
    });
    Ok(Blob::json(IN_TOTO, &value))
}

fn material(name: &str, path: &Path) -> Result<Value, Error> {
    let bytes = fs::read(path).map_err(|e| Error::read("read", path, e))?;
    let digest = Digest::of(&bytes);
    Ok(json!({ "name": name, "digest": { "sha256": digest.hex() } }))
}
