//! `files`: what a component finds in its file system, read only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use spindrift_manifest::{Component, FileMount};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

/// What a component finds.
#[derive(Default)]
pub(crate) struct Grant {
    /// Folders: host path and the path that the function sees.
    mounts: Vec<(PathBuf, String)>,
    /// The files that were laid out for it in the state folder.
    laid_out: Vec<PathBuf>,
}

impl Grant {
    /// Lays out a component's files. Folders are mounted where they lie; single
    /// files and globs are copied to a folder in the state folder, since a mount
    /// is always a folder and must not show their neighbours. Where they are there
    /// already nothing is written.
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
                    copied.add(source, Path::new(destination.trim_start_matches('/')));
                }
                FileMount::Glob(pattern) => {
                    for file in component.matches(root, pattern)? {
                        let place = file.strip_prefix(root).unwrap_or(&file).to_owned();
                        copied.add(&file, &place);
                    }
                }
            }
        }
        let laid_out = copied.places();
        mounts.extend(copied.mount()?);
        Ok(Self { mounts, laid_out })
    }

    /// The files in the state folder that it shows.
    pub(crate) fn laid_out(&self) -> &[PathBuf] {
        &self.laid_out
    }

    /// Shows the folders to an instance.
    pub(crate) fn mount(&self, wasi: &mut WasiCtxBuilder) -> wasmtime::Result<()> {
        for (host, guest) in &self.mounts {
            wasi.preopened_dir(host, guest, FsPerms::ReadOnly)?;
        }
        Ok(())
    }
}

/// The copied files of a component.
struct Copied {
    folder: PathBuf,
    /// Where each file goes in the folder, and where it comes from.
    files: BTreeMap<PathBuf, PathBuf>,
}

impl Copied {
    fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            files: BTreeMap::new(),
        }
    }

    fn add(&mut self, file: &Path, place: &Path) {
        self.files.insert(place.to_owned(), file.to_owned());
    }

    fn places(&self) -> Vec<PathBuf> {
        self.files
            .keys()
            .map(|place| self.folder.join(place))
            .collect()
    }

    fn mount(self) -> Result<Option<(PathBuf, String)>, String> {
        if self.files.is_empty() {
            return Ok(None);
        }
        if !self.is_laid_out() {
            self.lay_out()?;
        }
        Ok(Some((self.folder, "/".to_owned())))
    }

    /// Whether the folder holds these files as they are, and no others.
    fn is_laid_out(&self) -> bool {
        let same = |(place, file): (&PathBuf, &PathBuf)| {
            let (there, here) = (fs::read(self.folder.join(place)), fs::read(file));
            matches!((there, here), (Ok(there), Ok(here)) if there == here)
        };
        count(&self.folder).is_ok_and(|count| count == self.files.len())
            && self.files.iter().all(same)
    }

    fn lay_out(&self) -> Result<(), String> {
        // What an earlier start left may no longer be declared.
        match fs::remove_dir_all(&self.folder) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                return Err(format!(
                    "cannot lay out files in {}: {e}",
                    self.folder.display()
                ));
            }
            _ => {}
        }
        for (place, file) in &self.files {
            let to = self.folder.join(place);
            let parent = to.parent().map_or(Ok(()), fs::create_dir_all);
            parent
                .and_then(|()| fs::copy(file, &to))
                .map_err(|e| format!("cannot lay out file {}: {e}", file.display()))?;
        }
        Ok(())
    }
}

/// The number of files in a folder and all below it.
fn count(folder: &Path) -> io::Result<usize> {
    fs::read_dir(folder)?.try_fold(0, |sum, entry| {
        let entry = entry?;
        let within = match entry.file_type()?.is_dir() {
            true => count(&entry.path())?,
            false => 1,
        };
        Ok(sum + within)
    })
}
