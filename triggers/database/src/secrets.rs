//! Secrets that Spindrift makes up, kept in the state folder.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Error;

/// The folder `secrets` of a state folder: one file per secret, readable by its
/// owner alone.
#[derive(Clone, Debug)]
pub struct Secrets {
    folder: PathBuf,
}

/// `bytes` random bytes of the system's, as base64url without padding (RFC 4648, section 5).
///
/// # Errors
/// The system has no random bytes to give.
pub fn random_secret(bytes: usize) -> Result<String, Error> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer)
        .map_err(|cause| Error::State(format!("the system gives no random bytes: {cause}")))?;
    Ok(URL_SAFE_NO_PAD.encode(buffer))
}

impl Secrets {
    /// The secrets in `folder`, which is made, for its owner alone, when it is missing.
    pub(crate) fn open(folder: PathBuf) -> Result<Self, Error> {
        match fs::DirBuilder::new().mode(0o700).create(&folder) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => {
                fs::set_permissions(&folder, Permissions::from_mode(0o700))
                    .map_err(Error::file("protect", &folder))?;
            }
            other => other.map_err(Error::file("create", &folder))?,
        }
        Ok(Self { folder })
    }

    /// The secret of this name, if there is one.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path(name);
        match fs::read_to_string(&path) {
            Ok(text) => {
                Ok(Some(text.trim_end_matches('\n').to_owned()).filter(|text| !text.is_empty()))
            }
            Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(Error::file("read", &path)(cause)),
        }
    }

    /// The secret of this name; when there is none, one of `bytes` random bytes
    /// (see [`random_secret`]) that is kept from now on.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn get_or_create(&self, name: &str, bytes: usize) -> Result<String, Error> {
        if let Some(secret) = self.read(name)? {
            return Ok(secret);
        }
        let secret = random_secret(bytes)?;
        self.write(name, &secret)?;
        Ok(secret)
    }

    /// Keeps `secret` under `name`. Whole and on disk when this returns: a crash
    /// leaves the old secret or the new one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, secret: &str) -> Result<(), Error> {
        let path = self.path(name);
        let partial = self.path(&format!("{name}.partial"));
        write_private(&partial, secret).map_err(Error::file("write", &partial))?;
        fs::rename(&partial, &path).map_err(Error::file("write", &path))?;
        File::open(&self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(Error::file("write", &path))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Writes a file that its owner alone can read, and waits for the disk.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    // A file that was there before keeps its mode.
    file.set_permissions(Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_the_same_and_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(folder.path().join("secrets")).unwrap();
        let first = secrets.get_or_create("jwt_key", 32).unwrap();
        assert_eq!(first.len(), 43, "32 bytes are 43 characters of base64url");
        assert_eq!(secrets.get_or_create("jwt_key", 32).unwrap(), first);
        let mode = fs::metadata(secrets.path("jwt_key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn an_empty_file_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::open(folder.path().join("secrets")).unwrap();
        fs::write(secrets.path("jwt_key"), "").unwrap();
        assert_eq!(secrets.get_or_create("jwt_key", 32).unwrap().len(), 43);
    }
}
