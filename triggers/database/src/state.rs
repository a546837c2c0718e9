//! The state folder: everything that one application keeps on this machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::{Path, PathBuf};

use crate::{Error, Secrets};

/// A state folder (`.spindrift` beside the manifest, unless told otherwise):
///
/// | entry | what |
/// |---|---|
/// | `lock` | held by the process that serves from this folder |
/// | `secrets/` | passwords and keys that were made up, mode 0600 |
/// | `postgres/` | the private server's data and socket, or a link to where they had to go |
/// | `postgres.log` | what the private server says |
#[derive(Clone, Debug)]
pub struct StateFolder {
    path: PathBuf,
    secrets: Secrets,
}

impl StateFolder {
    /// Opens the folder, making it when it is missing.
    ///
    /// # Errors
    /// It cannot be made, or belongs to somebody else.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
        }
        // As root the server below runs as another user, who must get through.
        let mode = if rustix::process::geteuid().is_root() {
            0o711
        } else {
            0o700
        };
        match fs::DirBuilder::new().mode(mode).create(path) {
            // It lies among sources, and must never be committed with them.
            Ok(()) => {
                fs::write(path.join(".gitignore"), "*\n").map_err(Error::file("write to", path))?;
            }
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(cause) => return Err(Error::file("create", path)(cause)),
        }
        let path = path.canonicalize().map_err(Error::file("open", path))?;
        let secrets = Secrets::open(path.join("secrets"))?;
        Ok(Self { path, secrets })
    }

    /// Opens the folder if it exists; for commands that have nothing to do without one.
    ///
    /// # Errors
    /// As [`StateFolder::open`].
    pub fn open_existing(path: &Path) -> Result<Option<Self>, Error> {
        if path.is_dir() {
            Self::open(path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Its path: absolute, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The secrets kept in it.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Takes the folder for this process.
    ///
    /// # Errors
    /// [`Error::Locked`] when another process has it.
    pub fn lock(&self) -> Result<StateLock, Error> {
        let (file, taken) = self.try_lock()?;
        if !taken {
            let Holder { pid, url } = Holder::read(&file);
            return Err(Error::Locked {
                folder: self.path.clone(),
                pid,
                url,
            });
        }
        let lock = StateLock {
            state: self.clone(),
            file,
        };
        lock.write("")?;
        Ok(lock)
    }

    /// Who has the folder now, if anybody.
    ///
    /// # Errors
    /// The lock file cannot be opened.
    pub fn holder(&self) -> Result<Option<Holder>, Error> {
        let (file, free) = self.try_lock()?;
        Ok((!free).then(|| Holder::read(&file)))
    }

    fn lock_path(&self) -> PathBuf {
        self.path.join("lock")
    }

    fn try_lock(&self) -> Result<(File, bool), Error> {
        let path = self.lock_path();
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok((file, true)),
            Err(TryLockError::WouldBlock) => Ok((file, false)),
            Err(TryLockError::Error(cause)) => Err(Error::file("lock", &path)(cause)),
        }
    }
}

/// The process that has a state folder, as far as it has told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: Option<u32>,
    /// Where it serves.
    pub url: Option<String>,
}

impl Holder {
    fn read(file: &File) -> Self {
        let mut buffer = [0; 1024];
        let length = file.read_at(&mut buffer, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let mut lines = text.lines();
        Self {
            pid: lines.next().and_then(|line| line.parse().ok()),
            url: lines
                .next()
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        }
    }
}

/// A state folder held by this process, until it is dropped or the process ends
/// in whatever way: the system lets go of the lock, not a file that could be left behind.
#[derive(Debug)]
pub struct StateLock {
    state: StateFolder,
    file: File,
}

impl StateLock {
    /// The folder.
    pub fn state(&self) -> &StateFolder {
        &self.state
    }

    /// Tells others who ask for the folder where this process serves.
    ///
    /// # Errors
    /// The lock file cannot be written.
    pub fn announce(&self, url: &str) -> Result<(), Error> {
        self.write(url)
    }

    fn write(&self, url: &str) -> Result<(), Error> {
        let text = format!("{}\n{url}\n", std::process::id());
        self.file
            .write_all_at(text.as_bytes(), 0)
            .and_then(|()| self.file.set_len(text.len() as u64))
            .map_err(Error::file("write", &self.state.lock_path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_names_folder_process_url_and_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateFolder::open(&folder.path().join("state")).unwrap();
        let lock = state.lock().unwrap();
        lock.announce("http://127.0.0.1:3000").unwrap();
        let text = state.lock().unwrap_err().to_string();
        for part in [
            state.path().to_str().unwrap(),
            &std::process::id().to_string(),
            "http://127.0.0.1:3000",
            "--state-dir",
        ] {
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
        drop(lock);
        state.lock().unwrap();
    }

    #[test]
    fn a_file_in_its_place_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        fs::write(&path, "").unwrap();
        let text = StateFolder::open(&path).unwrap_err().to_string();
        assert!(text.contains(path.to_str().unwrap()), "{text}");
    }
}
