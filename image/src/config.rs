//! An image's configuration: how it is run, and what it says of itself.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::application::{ROOT, STATE};
use crate::base::{PROGRAM, USER};
use crate::blob::Blob;
use crate::layer::Layer;
use crate::platform::Platform;

/// The media type of a configuration.
pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The media type of an image's manifest.
pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// The media type of a list of manifests.
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The configuration of an image of these layers.
pub(crate) fn config(
    platform: Platform,
    layers: &[Layer],
    labels: &BTreeMap<String, String>,
    created: &str,
) -> Blob {
    let diff_ids: Vec<_> = layers.iter().map(|layer| &layer.diff_id).collect();
    let history: Vec<Value> = ["program", "application", "code"]
        .iter()
        .map(|what| json!({ "created": created, "created_by": format!("spindrift: {what}") }))
        .collect();
    let value = json!({
        "created": created,
        "architecture": platform.architecture,
        "os": platform.os,
        "config": {
            "User": format!("{USER}:{USER}"),
            "Entrypoint": [format!("/{PROGRAM}")],
            "Cmd": ["serve"],
            "WorkingDir": ROOT,
            "Env": ["PATH=/", format!("SPINDRIFT_STATE_DIR={STATE}")],
            "ExposedPorts": { "8080/tcp": {}, "9090/tcp": {} },
            "Labels": labels,
            "StopSignal": "SIGTERM",
        },
        "rootfs": { "type": "layers", "diff_ids": diff_ids },
        "history": history,
    });
    Blob::json(CONFIG, &value)
}

/// The manifest of an image.
pub(crate) fn manifest(config: &Blob, layers: &[Layer], notes: &BTreeMap<String, String>) -> Blob {
    let layers: Vec<_> = layers.iter().map(|layer| &layer.blob.descriptor).collect();
    let value = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor,
        "layers": layers,
        "annotations": notes,
    });
    Blob::json(MANIFEST, &value)
}

/// A list of manifests, one for each platform.
pub(crate) fn index(manifests: &[Blob], notes: &BTreeMap<String, String>) -> Blob {
    let manifests: Vec<_> = manifests.iter().map(|blob| &blob.descriptor).collect();
    let value = json!({
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": manifests,
        "annotations": notes,
    });
    Blob::json(INDEX, &value)
}
