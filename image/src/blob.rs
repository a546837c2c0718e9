//! Content, and how manifests refer to it.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;

use crate::digest::Digest;
use crate::platform::Platform;

/// A reference to content: a descriptor of the OCI image specification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What the content is.
    pub media_type: &'static str,
    /// Its digest.
    pub digest: Digest,
    /// Its length in bytes.
    pub size: u64,
    /// What an image in an index runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// What an artifact is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<&'static str>,
    /// Notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Content, and its descriptor.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The reference to it.
    pub descriptor: Descriptor,
    /// The content.
    pub bytes: Bytes,
}

impl Blob {
    /// Content of a media type.
    pub(crate) fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            descriptor: Descriptor {
                media_type,
                digest: Digest::of(&bytes),
                size: bytes.len() as u64,
                platform: None,
                artifact_type: None,
                annotations: BTreeMap::new(),
            },
            bytes,
        }
    }

    /// A document. Its members are in the order of their names, so that the same
    /// document is the same bytes.
    pub(crate) fn json(media_type: &'static str, value: &Value) -> Self {
        Self::new(media_type, value.to_string())
    }

    /// Its digest.
    pub fn digest(&self) -> &Digest {
        &self.descriptor.digest
    }
}
