//! Packages from a registry: a component as the only layer of an image, which is how `wkg`
//! of the Bytecode Alliance keeps it.

use bytes::Bytes;
use futures::StreamExt as _;
use oci_client::errors::OciDistributionError as Fault;
use oci_client::{Reference, RegistryOperation};

use crate::access::{Access, client};
use crate::digest::Digest;
use crate::error::Error;
use crate::fault::{causes, explain};

/// The media type of the layer that is a component.
const COMPONENT: &str = "application/wasm";

/// The name of one version of the package `namespace:name` in a registry, `host[:port]`.
pub fn package_name(registry: &str, namespace: &str, name: &str, version: &str) -> Reference {
    Reference::with_tag(
        registry.to_owned(),
        format!("{namespace}/{name}"),
        version.to_owned(),
    )
}

/// Fetches the component of a package, of `limit` bytes at the most. `told` hears how many
/// bytes are there, and how many there will be.
///
/// # Errors
///
/// The registry is away or refuses it, or what it has is no such package.
pub async fn pull(
    package: &Reference,
    access: &Access,
    limit: u64,
    told: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<Bytes, Error> {
    let client = client(package, access);
    let auth = &access.credentials.auth;
    let refused =
        |fault: &Fault, what: &str| withheld(explain(fault, package, &access.credentials, what));
    let asked = client.auth(package, auth, RegistryOperation::Pull).await;
    asked.map_err(|fault| refused(&fault, "the name"))?;
    let manifest = client.pull_image_manifest(package, auth).await;
    let (manifest, _) = manifest.map_err(|fault| refused(&fault, &package.whole()))?;

    let no_package = |why: String| Error::NoPackage {
        name: package.whole(),
        why,
    };
    let mut components = manifest.layers.iter();
    let layer = components.find(|layer| layer.media_type == COMPONENT);
    let layer = layer.ok_or_else(|| no_package(format!("it has no layer of type {COMPONENT}")))?;
    let size = u64::try_from(layer.size).unwrap_or(u64::MAX);
    if size > limit {
        return Err(no_package(format!(
            "its {size} bytes are more than the {limit} that a component may have"
        )));
    }
    let stream = client.pull_blob_stream(package, layer).await;
    let mut stream = stream
        .map_err(|fault| refused(&fault, "the component"))?
        .stream;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        let piece = piece.map_err(|cause| Error::Unreachable {
            registry: package.registry().to_owned(),
            why: format!("the download broke off ({})", causes(&cause)),
        })?;
        bytes.extend_from_slice(&piece);
        let received = bytes.len() as u64;
        if received > size {
            return Err(no_package("it is longer than its manifest says".to_owned()));
        }
        told(received, size);
    }
    let found = Digest::of(&bytes);
    if found.as_str() != layer.digest {
        return Err(no_package(format!(
            "its digest is {found}, and its manifest says {}",
            layer.digest
        )));
    }
    Ok(bytes.into())
}

/// What is said of a push is not what helps here.
fn withheld(error: Error) -> Error {
    match error {
        Error::Unauthorized {
            registry,
            repository,
            credentials,
        } => Error::Withheld {
            registry,
            repository,
            credentials,
        },
        other => other,
    }
}
