//! The libraries that a program needs to run, found on this machine.
//!
//! They are looked for where the loader looks, by reading headers and not by asking
//! `ldd`: that runs the program, which one for another processor doesn't allow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::elf::Elf;
use crate::error::Error;
use crate::platform::Architecture;

/// What glibc before 2.34 loads to resolve names of hosts; later ones have it built in.
const NAME_SERVICES: [&str; 2] = ["libnss_dns.so.2", "libnss_files.so.2"];

/// What a program needs, and where it belongs in an image.
pub(crate) struct Libraries {
    /// What the program is compiled for.
    pub(crate) architecture: Architecture,
    /// Path in the image, without the leading `/`, to the file here.
    pub(crate) files: BTreeMap<String, PathBuf>,
}

impl Libraries {
    /// Finds what the program at `path` needs.
    ///
    /// # Errors
    ///
    /// It is no program, or a library is missing.
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let program = read(path)?;
        let mut search = Search {
            program: path,
            architecture: program.architecture,
            folders: program.folders.clone(),
        };
        search
            .folders
            .extend(configured(Path::new("/etc/ld.so.conf")));
        search.folders.extend(usual(program.architecture));

        let mut found = BTreeMap::new();
        let mut wanted: BTreeSet<String> = program.needed.into_iter().collect();
        while let Some(name) = wanted.pop_first() {
            let (file, elf) = search.find(&name)?;
            wanted.extend(elf.needed);
            found.insert(name, file);
            wanted.retain(|name| !found.contains_key(name));
        }
        let mut files = BTreeMap::new();
        if let Some(interpreter) = &program.interpreter {
            let name = interpreter.rsplit('/').next().unwrap_or(interpreter);
            let (file, _) = search.find_at(Path::new(interpreter), name)?;
            files.insert(interpreter.trim_start_matches('/').to_owned(), file);
            found.remove(name);
        }
        // All beside the C library: wherever else one was found, its folder may be known
        // to this machine's loader alone.
        let beside = found.get("libc.so.6").and_then(|libc| libc.parent());
        let folder = beside.map(|folder| folder.to_string_lossy().into_owned());
        if let Some(folder) = folder {
            for name in NAME_SERVICES {
                if let Ok((file, _)) = search.find(name) {
                    found.insert(name.to_owned(), file);
                }
            }
            let folder = folder.trim_start_matches('/');
            files.extend(
                found
                    .into_iter()
                    .map(|(name, file)| (format!("{folder}/{name}"), file)),
            );
        }
        Ok(Self {
            architecture: program.architecture,
            files,
        })
    }
}

struct Search<'a> {
    program: &'a Path,
    architecture: Architecture,
    folders: Vec<PathBuf>,
}

impl Search<'_> {
    fn find(&self, name: &str) -> Result<(PathBuf, Elf), Error> {
        self.find_at(Path::new(name), name)
    }

    /// The file at `first`, or the first of the name in the folders, that is for the
    /// program's processor.
    fn find_at(&self, first: &Path, name: &str) -> Result<(PathBuf, Elf), Error> {
        let elsewhere = self.folders.iter().map(|folder| folder.join(name));
        for file in first
            .is_absolute()
            .then(|| first.to_owned())
            .into_iter()
            .chain(elsewhere)
        {
            if !file.is_file() {
                continue;
            }
            match read(&file) {
                Ok(elf) if elf.architecture == self.architecture => return Ok((file, elf)),
                // A linker script, or another processor's.
                _ => {}
            }
        }
        Err(Error::LibraryMissing {
            program: self.program.to_owned(),
            library: name.to_owned(),
        })
    }
}

fn read(path: &Path) -> Result<Elf, Error> {
    let bytes = fs::read(path).map_err(|e| Error::read("read", path, e))?;
    Elf::read(path, &bytes)
}

/// The folders that this machine's loader is told of.
fn configured(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut folders = Vec::new();
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("include ") {
            Some(pattern) => {
                let base = file.parent().unwrap_or(Path::new("/"));
                let pattern = base.join(pattern.trim());
                let files = glob::glob(&pattern.to_string_lossy());
                folders.extend(
                    files
                        .into_iter()
                        .flatten()
                        .flatten()
                        .flat_map(|f| configured(&f)),
                );
            }
            None if line.starts_with('/') => folders.push(line.into()),
            None => {}
        }
    }
    folders
}

/// The folders of the usual distributions, and Debian's for other processors.
fn usual(architecture: Architecture) -> Vec<PathBuf> {
    let multiarch = architecture.multiarch();
    let mut folders = vec![format!("/lib/{multiarch}"), format!("/usr/lib/{multiarch}")];
    folders.extend(["/lib64", "/usr/lib64", "/lib", "/usr/lib"].map(str::to_owned));
    folders.push(format!("/usr/{multiarch}/lib"));
    folders.into_iter().map(PathBuf::from).collect()
}
