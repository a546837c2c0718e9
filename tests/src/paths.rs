//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// The repository's folder.
pub fn workspace() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// The program under test.
///
/// # Errors
/// It is not built.
pub fn program() -> Result<PathBuf> {
    let path = match env::var_os("SPINDRIFT_BIN") {
        Some(path) => path.into(),
        None => workspace().join("target/release/spindrift"),
    };
    ensure!(
        path.is_file(),
        "there is no {}: build it with `cargo build --release -p spindrift-cli`, or name it in SPINDRIFT_BIN",
        path.display()
    );
    Ok(path)
}

/// The same with failpoints, which nobody but the fault suite uses.
///
/// # Errors
/// It is not built.
pub fn program_with_failpoints() -> Result<PathBuf> {
    let path = workspace().join("target/faults/spindrift");
    ensure!(
        path.is_file(),
        "there is no {}: build it with scripts/failpoints",
        path.display()
    );
    Ok(path)
}

/// Refuses to go on without the functions that a manifest needs.
pub(crate) fn check_built(manifest: &Path) -> Result<()> {
    let folder = manifest.parent().unwrap_or(manifest);
    for line in std::fs::read_to_string(manifest)?.lines() {
        let Some(source) = line.trim().strip_prefix("source = \"") else {
            continue;
        };
        let path = folder.join(source.trim_end_matches('"'));
        ensure!(
            path.is_file(),
            "there is no {}: build it with `scripts/with-guest-toolchain target/release/spindrift build --from {}`",
            path.display(),
            manifest.display()
        );
    }
    Ok(())
}
