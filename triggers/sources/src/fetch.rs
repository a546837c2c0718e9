//! Components from URLs and registries.

use std::path::PathBuf;

use spindrift_image::{Access, Credentials, Digest, credential_files, package_name, pull};
use spindrift_manifest::{App, Origin};

use crate::download::download;
use crate::error::Error;
use crate::keep::keep;
use crate::meter::Meter;

/// How many bytes a component may have: 256 MiB.
const LIMIT: u64 = 256 << 20;

/// Fetches what the components in `only`, or all when it is empty, have elsewhere, as far
/// as it is not there. What is there needs no network: a file of a URL has its digest for
/// a name, and a version of a package stays what it is. Credentials for registries are
/// those of `docker login`.
///
/// # Errors
///
/// Something cannot be fetched, or is not what the manifest says.
pub async fn fetch(
    app: &App,
    only: &[String],
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(), Error> {
    for component in app.components.values() {
        if !only.is_empty() && !only.contains(&component.id) {
            continue;
        }
        let origins: Vec<&Origin> = component.origins().collect();
        for origin in origins {
            let fetching = Fetching {
                component: &component.id,
                file: origin.file(&app.fetched),
                what: origin.to_string(),
                progress,
            };
            fetching.run(origin).await?;
        }
    }
    Ok(())
}

/// A component on its way.
struct Fetching<'a> {
    /// Whose it is.
    component: &'a str,
    /// Where it goes.
    file: PathBuf,
    /// What it is called in messages.
    what: String,
    progress: &'a (dyn Fn(&str) + Sync),
}

impl Fetching<'_> {
    async fn run(&self, origin: &Origin) -> Result<(), Error> {
        match origin {
            Origin::File(_) => Ok(()),
            Origin::Url { url, digest } => self.url(url, &format!("sha256:{digest}")).await,
            Origin::Package {
                registry,
                namespace,
                name,
                version,
            } => {
                if self.file.is_file() {
                    return Ok(());
                }
                let pulled = self.package(registry, namespace, name, version).await;
                let bytes = pulled.map_err(|source| Error::Registry {
                    component: self.component.to_owned(),
                    package: self.what.clone(),
                    source: Box::new(source),
                })?;
                keep(&self.file, &bytes)
            }
        }
    }

    async fn url(&self, url: &str, wanted: &str) -> Result<(), Error> {
        // A file that was spoiled since is fetched again.
        if let Ok(there) = tokio::fs::read(&self.file).await
            && Digest::of(&there).as_str() == wanted
        {
            return Ok(());
        }
        let mut meter = Meter::begin(&self.what, self.progress);
        let downloaded = download(url, LIMIT, &mut meter).await;
        let bytes = downloaded.map_err(|why| Error::Download {
            component: self.component.to_owned(),
            url: self.what.clone(),
            why,
        })?;
        let found = Digest::of(&bytes);
        if found.as_str() != wanted {
            return Err(Error::Changed {
                component: self.component.to_owned(),
                url: self.what.clone(),
                found: found.to_string(),
                wanted: wanted.to_owned(),
            });
        }
        keep(&self.file, &bytes)
    }

    async fn package(
        &self,
        registry: &str,
        namespace: &str,
        name: &str,
        version: &str,
    ) -> Result<Vec<u8>, spindrift_image::Error> {
        let package = package_name(registry, namespace, name, version);
        let access = Access {
            credentials: Credentials::find(package.resolve_registry(), &credential_files()).await?,
            insecure: false,
        };
        let mut meter = Meter::begin(&self.what, self.progress);
        let mut told = |received, whole| meter.tell(received, Some(whole));
        Ok(pull(&package, &access, LIMIT, &mut told).await?.into())
    }
}
