//! Plugins of stock Spin: an archive with the program under the plugin's name, and the
//! manifest by which `spin plugins install` finds the archive.

use std::path::Path;

use serde_json::{Value, json};

use crate::blob::Blob;
use crate::error::Error;
use crate::layer::Tree;

/// The versions of Spin whose locked applications are known.
const COMPATIBLE: &str = ">=3.0";

/// A plugin: the program of that name is run for `spin NAME`.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// What it is called; `trigger-TYPE` for one that runs a type of triggers.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub description: &'static str,
}

/// What every plugin's manifest says of where it is from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// The program's version.
    pub version: &'a str,
    /// Its licence, by its name in SPDX's list.
    pub licence: &'a str,
    /// A page about it.
    pub homepage: Option<&'a str>,
}

/// Where a plugin's archive is, and what it runs on.
#[derive(Clone, Copy, Debug)]
pub struct Package<'a> {
    /// The system, as Spin calls it: `linux` or `macos`.
    pub os: &'a str,
    /// The processor, as Spin calls it: `amd64` or `aarch64`.
    pub arch: &'a str,
    /// The archive's address.
    pub url: &'a str,
    /// The archive's SHA-256, in hexadecimal digits.
    pub sha256: &'a str,
}

impl Plugin {
    /// The archive: a compressed tar, the same bytes for the same program.
    ///
    /// # Errors
    ///
    /// The program cannot be read.
    pub fn pack(&self, program: &Path, licence: &str) -> Result<Blob, Error> {
        let mut tree = Tree::default();
        tree.file(self.name, program, 0o755)?;
        tree.bytes("LICENSE", licence, 0o644);
        Ok(tree.pack(0)?.blob)
    }

    /// The manifest of a plugin with one package.
    pub fn manifest(&self, origin: &Origin<'_>, package: &Package<'_>) -> Value {
        let mut manifest = json!({
            "name": self.name,
            "description": self.description,
            "version": origin.version,
            "spinCompatibility": COMPATIBLE,
            "license": origin.licence,
            "packages": [{
                "os": package.os,
                "arch": package.arch,
                "url": package.url,
                "sha256": package.sha256,
            }],
        });
        if let Some(homepage) = origin.homepage {
            manifest["homepage"] = homepage.into();
        }
        manifest
    }
}
