//! What is said about an image, as an artifact that refers to it (OCI image
//! specification 1.1, "Guidelines for Artifact Usage").

use serde_json::json;

use crate::blob::Blob;
use crate::config::MANIFEST;

/// The media type of the empty configuration.
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// The manifest of an artifact about `subject`, and the blobs that it names.
pub(crate) fn artifact(subject: &Blob, document: Blob, created: &str) -> (Blob, [Blob; 2]) {
    let kind = document.descriptor.media_type;
    let empty = Blob::json(EMPTY, &json!({}));
    let about = &subject.descriptor;
    let value = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": kind,
        "config": empty.descriptor,
        "layers": [document.descriptor],
        "subject": { "mediaType": about.media_type, "digest": about.digest, "size": about.size },
        "annotations": { "org.opencontainers.image.created": created },
    });
    let mut manifest = Blob::json(MANIFEST, &value);
    manifest.descriptor.artifact_type = Some(kind);
    (manifest, [empty, document])
}
