//! Images to a registry (OCI distribution specification 1.1).

use std::time::Duration;

use http::HeaderValue;
use oci_client::errors::OciDistributionError as Fault;
use oci_client::{Client, Reference, RegistryOperation};

use crate::access::{Access, client};
use crate::blob::Blob;
use crate::build::Image;
use crate::config::INDEX;
use crate::digest::Digest;
use crate::error::Error;
use crate::fault::{explain, is_passing};

/// How often something is sent before it counts as refused.
const ATTEMPTS: u32 = 4;
/// The pause after the first failure; each later one is twice as long.
const PAUSE: Duration = Duration::from_millis(500);

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The image's digest.
    pub digest: Digest,
    /// How many blobs and manifests were sent; the others were there.
    pub sent: usize,
}

/// Pushes an image, its documents included, under a name. What the registry has is not
/// sent again; what fails in passing (a connection that is cut, an overload) is sent
/// again, four times at most. The name stands for the new image when all of it is there.
///
/// # Errors
///
/// The registry is away, or refuses something.
pub async fn push(
    image: &Image,
    reference: &Reference,
    access: &Access,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<Pushed, Error> {
    let mut pushing = Pushing::open(reference, access, progress).await?;
    for blob in &image.blobs {
        pushing.blob(blob).await?;
    }
    for manifest in &image.manifests {
        pushing
            .manifest(&pushing.by_digest(manifest), manifest)
            .await?;
    }
    pushing.manifest(reference, &image.root).await?;
    for referrer in &image.referrers {
        pushing
            .manifest(&pushing.by_digest(referrer), referrer)
            .await?;
        pushing.refer(&image.root, referrer).await?;
    }
    Ok(Pushed {
        digest: image.root.digest().clone(),
        sent: pushing.sent,
    })
}

struct Pushing<'a> {
    client: Client,
    reference: &'a Reference,
    access: &'a Access,
    progress: &'a (dyn Fn(&str) + Sync),
    sent: usize,
}

impl<'a> Pushing<'a> {
    async fn open(
        reference: &'a Reference,
        access: &'a Access,
        progress: &'a (dyn Fn(&str) + Sync),
    ) -> Result<Self, Error> {
        let client = client(reference, access);
        let pushing = Self {
            client,
            reference,
            access,
            progress,
            sent: 0,
        };
        let auth = &access.credentials.auth;
        let asked = pushing
            .client
            .auth(reference, auth, RegistryOperation::Push)
            .await;
        asked.map_err(|fault| pushing.explain(&fault, "the name"))?;
        Ok(pushing)
    }

    fn explain(&self, fault: &Fault, what: &str) -> Error {
        explain(fault, self.reference, &self.access.credentials, what)
    }

    /// The name of a manifest to send by its digest. The digest is in the place of the tag,
    /// where a registry finds both: the client panics over one in its own place when a
    /// registry does not say where it put the manifest.
    fn by_digest(&self, blob: &Blob) -> Reference {
        self.named(blob.digest().to_string())
    }

    fn named(&self, tag: String) -> Reference {
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        Reference::with_tag(registry.into(), repository.into(), tag)
    }

    /// Sends a blob, unless it is there.
    async fn blob(&mut self, blob: &Blob) -> Result<(), Error> {
        let (digest, size) = (blob.digest().as_str(), blob.descriptor.size);
        let what = format!("{} ({})", &digest[..19], megabytes(size));
        // A registry that does not want to say gets it.
        if self
            .client
            .blob_exists(self.reference, digest)
            .await
            .unwrap_or(false)
        {
            (self.progress)(&format!("{what} is there"));
            return Ok(());
        }
        (self.progress)(&format!("pushing {what}"));
        self.again(&what, || self.send(blob)).await?;
        self.sent += 1;
        Ok(())
    }

    async fn send(&self, blob: &Blob) -> Result<(), Fault> {
        let digest = blob.digest().as_str();
        let sent = self
            .client
            .push_blob(self.reference, blob.bytes.clone(), digest)
            .await;
        match sent {
            // Some registries do not say where a blob is that they took.
            Err(Fault::RegistryNoLocationError)
                if self.client.blob_exists(self.reference, digest).await? =>
            {
                Ok(())
            }
            other => other.map(drop),
        }
    }

    /// Sends a manifest, unless `name` stands for it already.
    async fn manifest(&mut self, name: &Reference, manifest: &Blob) -> Result<(), Error> {
        let auth = &self.access.credentials.auth;
        let there = self.client.fetch_manifest_digest(name, auth).await;
        if there.is_ok_and(|there| there == manifest.digest().as_str()) {
            return Ok(());
        }
        self.put(name, manifest).await?;
        self.sent += 1;
        Ok(())
    }

    async fn put(&self, name: &Reference, manifest: &Blob) -> Result<(), Error> {
        let kind = HeaderValue::from_static(manifest.descriptor.media_type);
        let what = format!("the manifest of {}", name.tag().unwrap_or_default());
        let send = || {
            self.client
                .push_manifest_raw(name, manifest.bytes.clone(), kind.clone())
        };
        self.again(&what, send).await.map(drop)
    }

    /// Sees to it that who looks for what refers to `subject` finds `referrer`. Where the
    /// registry keeps no such list itself, it is a manifest whose tag is made of the
    /// subject's digest ("Referrers Tag Schema").
    async fn refer(&mut self, subject: &Blob, referrer: &Blob) -> Result<(), Error> {
        let what = "the list of what refers to the image";
        let (registry, repository) = (self.reference.registry(), self.reference.repository());
        let digest = subject.digest().to_string();
        let about = Reference::with_digest(registry.into(), repository.into(), digest);
        let list = self.client.pull_referrers(&about, None).await;
        let list = list.map_err(|fault| self.explain(&fault, what))?;
        let digest = referrer.digest().as_str();
        if list.manifests.iter().any(|entry| entry.digest == digest) {
            return Ok(());
        }
        let mut entries = serde_json::to_value(&list.manifests).unwrap_or_default();
        if let Some(entries) = entries.as_array_mut() {
            entries.push(serde_json::json!(referrer.descriptor));
        }
        let list =
            serde_json::json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries });
        let tag = self.named(subject.digest().as_str().replace(':', "-"));
        self.put(&tag, &Blob::json(INDEX, &list)).await?;
        self.sent += 1;
        Ok(())
    }

    /// Does something until it is done, or is not to be done.
    async fn again<T, F>(&self, what: &str, mut attempt: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        let mut tried = 1;
        loop {
            match attempt().await {
                Ok(done) => return Ok(done),
                Err(fault) if tried < ATTEMPTS && is_passing(&fault) => {
                    (self.progress)(&format!("{what} did not get through, trying again"));
                    tokio::time::sleep(PAUSE * 2_u32.pow(tried - 1)).await;
                    tried += 1;
                }
                Err(fault) => return Err(self.explain(&fault, what)),
            }
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}
