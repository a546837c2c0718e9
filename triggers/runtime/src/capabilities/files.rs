//! `files`: what a component finds in its file system, read only.

use std::fs;
use std::path::{Path, PathBuf};

use spindrift_manifest::{Component, FileMount};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// A component's folders: host path and the path that the function sees.
#[derive(Default)]
pub(crate) struct Grant(Vec<(PathBuf, String)>);

impl Grant {
    /// Lays out a component's files. Folders are mounted where they lie; single
    /// files and globs are copied to a folder in the state folder, since a mount
    /// is always a folder and must not show their neighbours.
    pub(crate) fn new(component: &Component, root: &Path, state: &Path) -> Result<Self, String> {
        let mut mounts = Vec::new();
        let mut copied = Copied::new(state.join("files").join(&component.id));
        for file in &component.files {
            match file {
                FileMount::Placed {
                    source,
                    destination,
                } if source.is_dir() => {
                    mounts.push((source.clone(), destination.clone()));
                }
                FileMount::Placed {
                    source,
                    destination,
                } => {
                    copied.add(source, Path::new(destination.trim_start_matches('/')))?;
                }
                FileMount::Glob(pattern) => {
                    for file in component.matches(root, pattern)? {
                        let place = file.strip_prefix(root).unwrap_or(&file).to_owned();
                        copied.add(&file, &place)?;
                    }
                }
            }
        }
        mounts.extend(copied.mount());
        Ok(Self(mounts))
    }

    /// Shows the folders to an instance.
    pub(crate) fn mount(&self, wasi: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
        for (host, guest) in &self.0 {
            wasi.preopened_dir(host, guest, FsPerms::ReadOnly)?;
        }
        Ok(())
    }
}

/// The copied files of a component.
struct Copied {
    folder: PathBuf,
    any: bool,
}

impl Copied {
    fn new(folder: PathBuf) -> Self {
        Self { folder, any: false }
    }

    fn add(&mut self, file: &Path, place: &Path) -> Result<(), String> {
        let refuse = |e: std::io::Error| format!("cannot lay out file {}: {e}", file.display());
        if !self.any {
            // What an earlier start left may no longer be declared.
            match fs::remove_dir_all(&self.folder) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(refuse(e)),
                _ => self.any = true,
            }
        }
        let to = self.folder.join(place);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(refuse)?;
        }
        fs::copy(file, &to).map(|_| ()).map_err(refuse)
    }

    fn mount(self) -> Option<(PathBuf, String)> {
        self.any.then(|| (self.folder, "/".to_owned()))
    }
}
