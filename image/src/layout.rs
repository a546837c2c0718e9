//! Images as files: the image layout of the OCI image specification.

use std::fs::{self, File};
use std::path::Path;

use serde_json::json;

use crate::blob::Blob;
use crate::build::Image;
use crate::config::INDEX;
use crate::error::Error;

const LAYOUT: &str = r#"{"imageLayoutVersion":"1.0.0"}"#;

/// Writes an image to `path`: one archive when the name ends in `.tar`, else a folder,
/// which may hold other images' blobs already. `name` is what the image is called in it.
///
/// # Errors
///
/// It cannot be written.
pub fn write(image: &Image, name: Option<&str>, path: &Path) -> Result<(), Error> {
    let refuse = |e| Error::read("write", path, e);
    if path.extension().is_none_or(|extension| extension != "tar") {
        for (file, bytes) in files(image, name) {
            let file = path.join(file);
            fs::create_dir_all(file.parent().unwrap_or(path)).map_err(refuse)?;
            fs::write(&file, bytes).map_err(refuse)?;
        }
        return Ok(());
    }
    let mut archive = tar::Builder::new(File::create(path).map_err(refuse)?);
    for (file, bytes) in files(image, name) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive
            .append_data(&mut header, file, bytes.as_slice())
            .map_err(refuse)?;
    }
    archive.into_inner().map(drop).map_err(refuse)
}

/// Every file of the layout.
fn files(image: &Image, name: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let mut root = image.root.descriptor.clone();
    if let Some(name) = name {
        // By the specification, and as containerd's import has it: to it, the first is
        // a tag alone.
        for key in [
            "org.opencontainers.image.ref.name",
            "io.containerd.image.name",
        ] {
            root.annotations.insert(key.to_owned(), name.to_owned());
        }
    }
    // What refers to an image is found by looking through the index.
    let manifests: Vec<_> = [&root]
        .into_iter()
        .chain(image.referrers.iter().map(|blob| &blob.descriptor))
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
    let blobs = image.blobs.iter().chain(&image.manifests);
    let blobs = blobs.chain([&image.root]).chain(&image.referrers);
    let blob = |blob: &Blob| {
        (
            format!("blobs/sha256/{}", blob.digest().hex()),
            blob.bytes.to_vec(),
        )
    };
    [
        ("oci-layout".to_owned(), LAYOUT.into()),
        ("index.json".to_owned(), index.to_string().into_bytes()),
    ]
    .into_iter()
    .chain(blobs.map(blob))
    .collect()
}
