//! The name of some bytes.

use std::fmt;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A digest as the OCI image specification writes it: `sha256:` and 64 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::finish(Sha256::new_with_prefix(bytes))
    }

    /// The digest of what was fed to `hash`.
    pub(crate) fn finish(hash: Sha256) -> Self {
        Self(format!("sha256:{:x}", hash.finalize()))
    }

    /// The whole, with its algorithm.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        self.0.trim_start_matches("sha256:")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
