//! Files that stay in the state folder.

use std::fs;
use std::path::{Path, PathBuf};

use spindrift_manifest::App;

use crate::error::Error;

/// Writes a file whole: whoever looks meanwhile sees none, or all of it.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::keep(folder))?;
    }
    // Another process may be at writing the same.
    let part = path.with_extension(format!("{}.part", std::process::id()));
    fs::write(&part, bytes).map_err(Error::keep(&part))?;
    fs::rename(&part, path).map_err(Error::keep(path))
}

/// Copies what an application keeps of its components into another folder, so that
/// whoever builds there need not fetch it again.
///
/// # Errors
///
/// A file is missing, or cannot be written.
pub fn copy(app: &App, to: &Path) -> Result<(), Error> {
    for component in app.components.values() {
        let origins = component.origins().filter(|origin| origin.is_elsewhere());
        let files: Vec<PathBuf> = origins.map(|origin| origin.file(&app.fetched)).collect();
        for file in files {
            let target = to.join(file.strip_prefix(&app.fetched).unwrap_or(&file));
            let bytes = fs::read(&file).map_err(|source| Error::Source {
                component: component.id.clone(),
                path: file.clone(),
                source,
            })?;
            keep(&target, &bytes)?;
        }
    }
    Ok(())
}
