//! The application as an artifact that stock Spin runs: `spin up --from HOST/REPOSITORY`,
//! and SpinKube.
//!
//! The format is Spin's own: an image manifest whose layers are the components, the files
//! that they are given, and, last, the locked application, which names the others by
//! their digests.

mod files;
mod locked;

use serde_json::json;
use spindrift_manifest::App;

use crate::blob::Blob;
use crate::build::{Image, Options, notes};
use crate::config::{CONFIG, MANIFEST};
use crate::error::Error;

/// The media type of the locked application.
const APPLICATION: &str = "application/vnd.fermyon.spin.application.v1+config";
/// The media type of a component.
const COMPONENT: &str = "application/vnd.wasm.content.layer.v1+wasm";
/// The media type of a file that a component is given.
const DATA: &str = "application/vnd.wasm.content.layer.v1+data";
/// The label that tells the locked application's digest, so that no two applications
/// have the same configuration.
const LOCKED: &str = "com.fermyon.spin.lockedAppDigest";

/// Builds the artifact of an application whose components are built. The same input gives
/// the same bytes. Of `options` the notes count, and nothing of the program.
///
/// Stock Spin has no trigger for events and ticks, so the functions that they call answer
/// at `/_events/<component>`, as they do under `spindrift serve`.
///
/// # Errors
///
/// A file is missing.
pub fn spin(app: &App, options: &Options) -> Result<Image, Error> {
    let mut layers = Vec::new();
    let locked = locked::application(app, &mut layers)?;
    layers.push(Blob::json(APPLICATION, &locked));
    let config = config(&layers);
    let root = manifest(app, options, &config, &layers);
    let mut image = Image {
        root,
        manifests: Vec::new(),
        blobs: Vec::new(),
        referrers: Vec::new(),
    };
    for blob in layers.into_iter().chain([config]) {
        image.add(blob);
    }
    Ok(image)
}

fn config(layers: &[Blob]) -> Blob {
    let locked = layers.last().map(Blob::digest);
    let value = json!({
        "architecture": "wasm",
        "os": "Wasip1",
        "config": { "Labels": { LOCKED: locked } },
        "rootfs": { "type": "layers", "diff_ids": [] },
    });
    Blob::json(CONFIG, &value)
}

fn manifest(app: &App, options: &Options, config: &Blob, layers: &[Blob]) -> Blob {
    // Spin wants each layer once.
    let mut descriptors: Vec<_> = layers.iter().map(|blob| &blob.descriptor).collect();
    let mut seen = std::collections::BTreeSet::new();
    descriptors.retain(|descriptor| seen.insert(descriptor.digest.as_str()));
    let value = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor,
        "layers": descriptors,
        "annotations": notes(app, options),
    });
    Blob::json(MANIFEST, &value)
}
