//! Container images of an application, built without a daemon and pushed to any
//! registry.
//!
//! [`build()`] makes an [`Image`] of the `spindrift` program, the libraries that it needs,
//! and an application with its compiled code; the same input gives the same digest.
//! [`spin()`] makes an artifact of the application alone, which stock Spin runs.
//! [`push()`] sends it to a registry, [`pull()`] fetches a component from one, and
//! [`write()`] writes an image to a file or folder. With the image go a list of what it is
//! made of (SBOM) and its provenance. A [`Plugin`] is the program as stock Spin installs it.

mod access;
mod application;
mod artifact;
mod base;
mod blob;
mod build;
mod config;
mod credentials;
mod digest;
mod elf;
mod error;
mod fault;
mod layer;
mod layout;
mod libraries;
mod package;
mod platform;
mod plugin;
mod provenance;
mod pull;
mod push;
mod reference;
mod sbom;
mod spin;

pub use access::Access;
pub use application::{ROOT, STATE};
pub use blob::{Blob, Descriptor};
pub use build::{Image, Options, Payload, build, platform_of};
pub use credentials::{Credentials, credential_files};
pub use digest::Digest;
pub use error::Error;
pub use layer::Layer;
pub use layout::write;
pub use platform::{Architecture, Os, Platform};
pub use plugin::{Origin, Package, Plugin};
pub use pull::{package_name, pull};
pub use push::{Pushed, push};
pub use reference::{by_digest, reference};
pub use spin::spin;

/// The name of an image.
pub use oci_client::Reference;
