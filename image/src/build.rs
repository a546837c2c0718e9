//! From an application to an image.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, SecondsFormat, Utc};
use spindrift_manifest::App;

use crate::application::{application, code};
use crate::artifact::artifact;
use crate::base::base;
use crate::blob::Blob;
use crate::config::{config, index, manifest};
use crate::error::Error;
use crate::platform::Platform;
use crate::{provenance, sbom};

/// What an image is made of beside the application, and what it says of itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// One for each platform, at least one.
    pub payloads: Vec<Payload>,
    /// When it was made, in seconds since 1970: the same for the same image.
    pub created: DateTime<Utc>,
    /// Where the application's source is: a URL.
    pub source: Option<String>,
    /// The commit.
    pub revision: Option<String>,
    /// The application's licence, an SPDX expression.
    pub licenses: Option<String>,
    /// The lock file of the application's and the program's Rust crates.
    pub lock: Option<PathBuf>,
    /// Who builds: a URI.
    pub builder: Option<String>,
}

/// The program, and the application's code as this very program compiled it.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The `spindrift` program. Its headers tell the platform.
    pub binary: PathBuf,
    /// The state folder that it compiled into.
    pub state: PathBuf,
    /// The files there: the compiled code, and what was laid out for functions.
    pub compiled: Vec<PathBuf>,
}

/// An image, complete: everything that a registry is given.
#[derive(Clone, Debug)]
pub struct Image {
    /// What the image's name stands for: a manifest, or an index over several.
    pub root: Blob,
    /// The manifests in the index; empty where `root` is the only one.
    pub manifests: Vec<Blob>,
    /// Layers, configurations, documents: each once, in the order to send them.
    pub blobs: Vec<Blob>,
    /// Manifests of what is said about the image (SBOM, provenance), which have it as
    /// their `subject`.
    pub referrers: Vec<Blob>,
}

impl Image {
    /// Bytes in all, as a registry keeps them.
    pub fn size(&self) -> u64 {
        let manifests = self
            .manifests
            .iter()
            .chain([&self.root])
            .chain(&self.referrers);
        self.blobs
            .iter()
            .chain(manifests)
            .map(|blob| blob.descriptor.size)
            .sum()
    }

    /// Adds content, unless it is there.
    pub(crate) fn add(&mut self, blob: Blob) {
        if self
            .blobs
            .iter()
            .all(|there| there.digest() != blob.digest())
        {
            self.blobs.push(blob);
        }
    }
}

/// What an image is about, and on what: notes that every manifest carries.
type Notes = BTreeMap<String, String>;

/// Builds an image of an application whose components are built and compiled. The same
/// input gives the same bytes.
///
/// # Errors
///
/// A file is missing, or is not what it should be.
pub fn build(app: &App, options: &Options, progress: &dyn Fn(&str)) -> Result<Image, Error> {
    let created = created(options);
    let mtime = u64::try_from(options.created.timestamp()).unwrap_or_default();
    let notes = notes(app, options);
    progress("packing the application");
    let files = application(app)?.pack(mtime)?;

    let (mut manifests, mut blobs, mut bases) = (Vec::<Blob>::new(), Vec::new(), Vec::new());
    for payload in &options.payloads {
        let base = base(&payload.binary, progress)?;
        progress(&format!("packing the program for {}", base.platform));
        let layers = [
            base.tree.pack(mtime)?,
            files.clone(),
            code(&payload.state, &payload.compiled)?.pack(mtime)?,
        ];
        let config = config(base.platform, &layers, &notes, &created);
        let mut manifest = manifest(&config, &layers, &notes);
        manifest.descriptor.platform = Some(base.platform);
        if manifests
            .iter()
            .any(|other| other.descriptor.platform == Some(base.platform))
        {
            return Err(Error::Twice(base.platform));
        }
        manifests.push(manifest);
        blobs.extend(layers.map(|layer| layer.blob));
        blobs.push(config);
        bases.push(base);
    }
    let root = match manifests.len() {
        0 => return Err(Error::NoProgram),
        1 => manifests.remove(0),
        _ => index(&manifests, &notes),
    };
    let mut image = Image {
        root,
        manifests,
        blobs: Vec::new(),
        referrers: Vec::new(),
    };
    for blob in blobs {
        image.add(blob);
    }
    for document in [
        sbom::document(app, options, &bases, &created)?,
        provenance::document(app, options, &image.root, &created)?,
    ] {
        let (referrer, blobs) = artifact(&image.root, document, &created);
        blobs.into_iter().for_each(|blob| image.add(blob));
        image.referrers.push(referrer);
    }
    Ok(image)
}

/// The platform that a program is for.
///
/// # Errors
///
/// It is no program for Linux on a processor that images are made for.
pub fn platform_of(binary: &std::path::Path) -> Result<Platform, Error> {
    let bytes = std::fs::read(binary).map_err(|e| Error::read("read", binary, e))?;
    let elf = crate::elf::Elf::read(binary, &bytes)?;
    Ok(Platform::linux(elf.architecture))
}

fn created(options: &Options) -> String {
    options.created.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What an application's manifests say of it.
pub(crate) fn notes(app: &App, options: &Options) -> Notes {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        ("title", app.name.clone()),
        ("version", app.version.clone()),
        ("description", app.description.clone()),
        ("created", created(options)),
        ("source", optional(&options.source)),
        ("revision", optional(&options.revision)),
        ("licenses", optional(&options.licenses)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(key, value)| (format!("org.opencontainers.image.{key}"), value))
    .collect()
}
