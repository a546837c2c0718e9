//! The folder of one run of the tests, removed after it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::guard::Guard;

struct RunFolder {
    path: PathBuf,
    _guard: Guard,
}

/// Ends the database servers in the folder, without the checkpoint that would write
/// out what is to be removed, and removes it. Gives up after a minute, rather than pull
/// files from under a server.
const REMOVE: &str = r#"
for _ in $(seq 600); do
    alive=
    for file in "$1"/*/postgres/data/postmaster.pid "$1"/*/*/postgres/data/postmaster.pid; do
        [ -f "$file" ] && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null && alive=yes
    done
    [ -z "$alive" ] && break
    sleep 0.1
done
rm -rf "$1"
"#;

fn make() -> Result<RunFolder> {
    let path = tempfile::Builder::new()
        .prefix("spindrift-")
        .tempdir()?
        .keep();
    // Where the tests run as root, PostgreSQL runs as another user, who must get through.
    std::fs::set_permissions(&path, Permissions::from_mode(0o711))?;
    let guard = Guard::start(REMOVE, [&path])?;
    Ok(RunFolder {
        path,
        _guard: guard,
    })
}

/// A new folder below the run's, removed when it is dropped.
///
/// # Errors
/// The folder cannot be made.
pub fn scratch() -> Result<TempDir> {
    static FOLDER: OnceLock<Result<RunFolder, String>> = OnceLock::new();
    let run = FOLDER
        .get_or_init(|| make().map_err(|error| format!("{error:#}")))
        .as_ref()
        .map_err(|error| anyhow::anyhow!("{error}"))?;
    let folder = tempfile::Builder::new()
        .prefix("t")
        .tempdir_in(&run.path)
        .with_context(|| format!("cannot make a folder in {}", run.path.display()))?;
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    Ok(folder)
}
