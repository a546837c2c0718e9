//! What the checks of `infra/` and `docs/` share.

use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder of the whole repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The text of a file of the repository, by its path from there.
///
/// # Errors
///
/// Names the file when it can't be read as text.
pub fn text(path: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(repository().join(path)).with_context(|| format!("cannot read {path}"))
}
