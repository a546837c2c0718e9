//! `spindrift build --image`

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chrono::DateTime;
use spindrift_image::{
    Access, Credentials, Image, Options, Payload, Reference, by_digest, credential_files,
};
use spindrift_manifest::{App, FETCHED};
use spindrift_runtime::Target;
use tokio::process::Command;

use super::git;
use crate::args::{Binary, ImageArgs, ImageFormat};
use crate::commands::compile;
use crate::report::Reporter;

/// An application whose components are built, about to become an image.
pub(super) struct Making<'a> {
    pub(super) args: &'a ImageArgs,
    pub(super) app: Arc<App>,
    pub(super) state: &'a Path,
    pub(super) reporter: Reporter,
}

impl Making<'_> {
    /// Makes the image, brings it where it is wanted, and returns its name by digest.
    pub(super) async fn make(&self, name: &Reference) -> Result<String> {
        let image = self.build().await?;
        if let Some(path) = &self.args.path {
            spindrift_image::write(&image, Some(&name.whole()), path)?;
            self.reporter
                .progress(&format!("written to {}", path.display()));
        }
        if self.args.push || self.args.path.is_none() {
            self.push(name, &image).await?;
        }
        Ok(by_digest(name, image.root.digest()))
    }

    async fn build(&self) -> Result<Image> {
        let image = match self.args.format {
            ImageFormat::Container => self.container().await?,
            ImageFormat::Spin => spindrift_image::spin(&self.app, &self.options().await?)?,
        };
        let megabytes = image.size() as f64 / 1e6;
        self.reporter
            .progress(&format!("the image has {megabytes:.1} MB"));
        Ok(image)
    }

    async fn container(&self) -> Result<Image> {
        let options = Options {
            payloads: self.payloads().await?,
            ..self.options().await?
        };
        let (app, reporter) = (Arc::clone(&self.app), self.reporter);
        let progress = move |line: &str| reporter.progress(line);
        let build = move || spindrift_image::build(&app, &options, &progress);
        let image = tokio::task::spawn_blocking(build).await;
        Ok(image.context("packing panicked")??)
    }

    /// What is said of the application, without a program.
    async fn options(&self) -> Result<Options> {
        let folder = self.app.root.canonicalize()?;
        let above = || {
            let locks = folder.ancestors().map(|folder| folder.join("Cargo.lock"));
            locks.into_iter().find(|lock| lock.is_file())
        };
        let args = self.args;
        Ok(Options {
            payloads: Vec::new(),
            created: DateTime::from_timestamp(args.created.into(), 0).unwrap_or_default(),
            source: match &args.source {
                Some(source) => Some(source.clone()),
                None => git::origin(&folder).await,
            },
            revision: match &args.revision {
                Some(revision) => Some(revision.clone()),
                None => git::revision(&folder).await,
            },
            licenses: args.licenses.clone(),
            lock: args.cargo_lock.clone().or_else(above),
            builder: args.builder.clone(),
        })
    }

    async fn push(&self, name: &Reference, image: &Image) -> Result<()> {
        let args = self.args;
        let registry = name.resolve_registry();
        let credentials = match (&args.registry_user, &args.registry_password) {
            (Some(user), Some(password)) => {
                Credentials::basic(user, password, "SPINDRIFT_REGISTRY_PASSWORD")
            }
            (Some(_), None) => {
                bail!("`--registry-user` needs SPINDRIFT_REGISTRY_PASSWORD in the environment")
            }
            (None, _) => Credentials::find(registry, &credential_files()).await?,
        };
        let access = Access {
            credentials,
            insecure: args.insecure_registry.iter().any(|host| host == registry),
        };
        let progress = |line: &str| self.reporter.progress(line);
        spindrift_image::push(image, name, &access, &progress).await?;
        Ok(())
    }

    /// The programs, and what each made of the components: code is for the version of the
    /// program that compiled it.
    async fn payloads(&self) -> Result<Vec<Payload>> {
        let mut payloads = Vec::new();
        for given in &self.args.binary {
            let platform = spindrift_image::platform_of(&given.path)?;
            if platform != given.platform {
                bail!(
                    "{} is for {platform}, not for {}",
                    given.path.display(),
                    given.platform
                );
            }
            payloads.push(self.compiled_by(given).await?);
        }
        if payloads.is_empty() {
            let app = Arc::clone(&self.app);
            payloads.push(Payload {
                binary: std::env::current_exe().context("this program's own file is not known")?,
                state: self.state.to_owned(),
                compiled: compile(app, self.state, Target::Portable, self.reporter).await?,
            });
        }
        Ok(payloads)
    }

    async fn compiled_by(&self, given: &Binary) -> Result<Payload> {
        let (platform, path) = (given.platform, given.path.canonicalize()?);
        self.reporter
            .progress(&format!("compiling for {platform}, by {}", path.display()));
        let folder = self
            .state
            .join(format!("image-{platform}").replace('/', "-"));
        // What an earlier build left may be of components that are gone.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        // What is there need not be fetched by that program.
        spindrift_sources::copy(&self.app, &folder.join(FETCHED))?;
        let output = Command::new(&path)
            .args(["build", "--compile-only", "--portable", "--quiet", "--from"])
            .arg(&self.app.manifest)
            .arg("--state-dir")
            .arg(&folder)
            .kill_on_drop(true)
            .output()
            .await
            .with_context(|| {
                format!(
                    "{} does not run here, and has to, for it compiles the components; for another \
                     processor, install an emulator (Debian: qemu-user-static), or build that image there",
                    path.display()
                )
            })?;
        if !output.status.success() {
            bail!(
                "{} cannot compile the components: {}",
                path.display(),
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        let mut compiled = Vec::new();
        for made in ["compiled", "files"].map(|name| folder.join(name)) {
            if made.is_dir() {
                add_files(&made, &mut compiled)?;
            }
        }
        Ok(Payload {
            binary: given.path.clone(),
            state: folder,
            compiled,
        })
    }
}

/// Adds all files below a folder, in the order of their names.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        match entry.file_type()?.is_dir() {
            true => add_files(&entry.path(), files)?,
            false => files.push(entry.path()),
        }
    }
    Ok(())
}
