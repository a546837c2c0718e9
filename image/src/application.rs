//! The application's layers: what it is made of, and its compiled code.

use std::fs;
use std::path::{Component as Part, Path, PathBuf};

use spindrift_manifest::{App, FETCHED, FileMount, Origin};

use crate::base::USER;
use crate::error::Error;
use crate::layer::Tree;

/// The manifest's folder in an image.
pub const ROOT: &str = "/app";
/// The state folder in an image.
pub const STATE: &str = "/app/state";

/// Folders of the image that are not an application's to fill.
const TAKEN: [&str; 6] = ["app/state", "dev", "etc", "proc", "sys", "tmp"];

/// The manifest and every file that it names, as they lie to one another here: a path
/// that leads out of the manifest's folder leads out of `/app`, and ends at `/`.
///
/// # Errors
///
/// A file cannot be read, or belongs where something else of the image is.
pub(crate) fn application(app: &App) -> Result<Tree, Error> {
    let mut tree = Tree::default();
    tree.file("app/spin.toml", &app.manifest, 0o644)?;
    for component in app.components.values() {
        for origin in component.origins() {
            match origin {
                Origin::File(file) => place(app, &mut tree, file)?,
                _ => keep(app, &mut tree, &origin.file(&app.fetched))?,
            }
        }
        if !component.dependencies.is_empty() {
            keep(app, &mut tree, &component.source)?;
        }
        for file in &component.files {
            match file {
                FileMount::Placed { source, .. } => place(app, &mut tree, source)?,
                FileMount::Glob(pattern) => {
                    let files = component.matches(&app.root, pattern);
                    for file in files.map_err(Error::Glob)? {
                        place(app, &mut tree, &file)?;
                    }
                }
            }
        }
    }
    if let Some(database) = &app.settings.database {
        place(app, &mut tree, &database.migrations)?;
    }
    Ok(tree)
}

/// What was made ahead in the state folder `from`. Whoever serves may keep what it
/// makes beside it, and change none of it.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn code(from: &Path, compiled: &[PathBuf]) -> Result<Tree, Error> {
    let state = Path::new(STATE.trim_start_matches('/'));
    let mut tree = Tree::default();
    tree.folder(&state.to_string_lossy(), 0o755, USER);
    for file in compiled {
        let target = state.join(file.strip_prefix(from).unwrap_or(file));
        for folder in target
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != state)
        {
            tree.folder(&folder.to_string_lossy(), 0o755, 0);
        }
        tree.file(&target.to_string_lossy(), file, 0o644)?;
    }
    Ok(tree)
}

/// Adds a file that was fetched or composed, where whoever serves looks for it.
fn keep(app: &App, tree: &mut Tree, file: &Path) -> Result<(), Error> {
    let state = Path::new(STATE.trim_start_matches('/'));
    let target = state
        .join(FETCHED)
        .join(file.strip_prefix(&app.fetched).unwrap_or(file));
    tree.file(&target.to_string_lossy(), file, 0o644)
}

/// Adds a file, or a folder and all below it.
fn place(app: &App, tree: &mut Tree, path: &Path) -> Result<(), Error> {
    let target = target(&app.root, path);
    let taken = |folder: &str| target == folder || target.starts_with(&format!("{folder}/"));
    if target.is_empty() || target == "spindrift" || TAKEN.iter().any(|folder| taken(folder)) {
        return Err(Error::Reserved {
            file: path.to_owned(),
            path: target,
        });
    }
    if !path.is_dir() {
        return tree.file(&target, path, 0o644);
    }
    if !tree.has(&target) {
        tree.folder(&target, 0o755, 0);
    }
    let read = |e| Error::read("read", path, e);
    let mut entries = fs::read_dir(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(read)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    entries
        .iter()
        .try_for_each(|entry| place(app, tree, &entry.path()))
}

/// Where a file of the application is in the image, without the leading `/`.
fn target(root: &Path, path: &Path) -> String {
    let written = path.strip_prefix(root).unwrap_or(path);
    let mut parts = vec![];
    for part in Path::new(ROOT).join(written).components() {
        match part {
            Part::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Part::ParentDir => _ = parts.pop(),
            Part::RootDir | Part::CurDir | Part::Prefix(_) => {}
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_lies_in_the_image_as_it_lies_to_the_manifest() {
        let target = |root: &str, path: &str| target(Path::new(root), Path::new(path));
        assert_eq!(target(".", "./a.wasm"), "app/a.wasm");
        assert_eq!(target("x/y", "x/y/target/a.wasm"), "app/target/a.wasm");
        assert_eq!(target("x/y", "x/y/../a.wasm"), "a.wasm");
        assert_eq!(target("x", "x/../../../t/a.wasm"), "t/a.wasm");
        assert_eq!(target("x", "/built/a.wasm"), "built/a.wasm");
    }
}
