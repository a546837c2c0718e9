//! An application to make images of, and what is in them.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::Value;
use spindrift_image::{Blob, Image, Options, Payload, build};
use spindrift_manifest::{App, Checks};
use tempfile::TempDir;

const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "shop"
version = "1.2.3"
description = "Sells"
[application.tool.spindrift.database]
migrations = "migrations"
[[trigger.http]]
route = "/..."
component = "till"
[component.till]
source = "../built/till.wasm"
files = ["texts/*.txt", { source = "assets", destination = "/assets" }]
exclude_files = ["texts/draft.txt"]
"#;

const LOCK: &str = r#"
version = 4
[[package]]
name = "serde"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "5e5e"
[[package]]
name = "shop"
version = "1.2.3"
"#;

/// A program of every machine, which needs libraries.
pub(crate) const PROGRAM: &str = "/bin/cat";

/// An application in a folder of its own. Its program is [`PROGRAM`].
pub(crate) struct Shop {
    pub(crate) folder: TempDir,
    pub(crate) options: Options,
}

impl Shop {
    pub(crate) fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap_or(folder.path()))?;
            fs::write(path, text)
        };
        write("shop/spin.toml", MANIFEST)?;
        write("shop/Cargo.lock", LOCK)?;
        write("built/till.wasm", "a component")?;
        write("shop/migrations/0001_first.sql", "SELECT 1")?;
        write("shop/texts/a.txt", "A")?;
        write("shop/texts/draft.txt", "not this")?;
        write("shop/assets/deep/b.txt", "B")?;
        write("shop/secret.txt", "nor this")?;
        write("state/compiled/0a.cwasm", "code")?;
        write("state/compiled/0a.sha256", "its digest")?;
        let compiled =
            ["0a.cwasm", "0a.sha256"].map(|name| folder.path().join("state/compiled").join(name));
        let options = Options {
            payloads: vec![Payload {
                binary: PROGRAM.into(),
                state: folder.path().join("state"),
                compiled: compiled.into(),
            }],
            source: Some("https://git.example/shop".to_owned()),
            revision: Some("c0ffee".to_owned()),
            lock: Some(folder.path().join("shop/Cargo.lock")),
            ..Options::default()
        };
        Ok(Self { folder, options })
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn app(&self) -> Result<App> {
        let checks = Checks::default();
        Ok(spindrift_manifest::load(&self.path("shop"), &checks)?)
    }

    pub(crate) fn image(&self) -> Result<Image> {
        Ok(build(&self.app()?, &self.options, &|_| {})?)
    }
}

/// A blob that is JSON.
pub(crate) fn json(blob: &Blob) -> Value {
    serde_json::from_slice(&blob.bytes).expect("JSON")
}

/// The content of a digest.
pub(crate) fn content<'a>(image: &'a Image, digest: &Value) -> &'a Blob {
    let blob = image
        .blobs
        .iter()
        .find(|blob| digest == blob.digest().as_str());
    blob.unwrap_or_else(|| panic!("{digest} is missing"))
}

/// The layers of a manifest, in order.
pub(crate) fn layers<'a>(image: &'a Image, manifest: &Blob) -> Vec<&'a Blob> {
    let manifest = json(manifest);
    let layers = manifest["layers"].as_array().expect("layers").clone();
    layers
        .iter()
        .map(|layer| content(image, &layer["digest"]))
        .collect()
}

/// Unpacks an image as a container's runtime does.
pub(crate) fn unpack(image: &Image, folder: &Path) -> Result<()> {
    for layer in layers(image, &image.root) {
        let plain = flate2::read::GzDecoder::new(layer.bytes.as_ref());
        let mut archive = tar::Archive::new(plain);
        archive.set_preserve_permissions(true);
        archive.set_preserve_ownerships(rustix::process::geteuid().is_root());
        archive.unpack(folder)?;
    }
    Ok(())
}
