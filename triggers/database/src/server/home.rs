//! Where the private server's files are, and whose.

use std::fs::{self, DirBuilder};
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::process;
use crate::account::{self, Account};
use crate::{Error, Progress, StateFolder};

/// Where data goes when root's state folder is out of the server's reach.
const ELSEWHERE: &str = "/var/lib/spindrift";
/// The longest path of a socket (`sun_path`, with its final zero, is 104 bytes on
/// the tightest system), less the longest name of one, `/.s.PGSQL.65535`.
const SOCKET_FOLDER_LIMIT: usize = 103 - 15;

/// The server's own folder, which belongs to the user it runs as: `data`, and
/// `run` for the socket.
#[derive(Clone, Debug)]
pub(super) struct Home {
    folder: PathBuf,
    socket_folder: PathBuf,
    /// Whom to run as, when it is not the present user.
    pub(super) account: Option<Account>,
}

impl Home {
    /// The home in this state folder, made when it is missing.
    pub(super) fn open(state: &StateFolder, progress: Progress<'_>) -> Result<Self, Error> {
        let link = state.path().join("postgres");
        let folder = match fs::symlink_metadata(&link) {
            Ok(metadata) if metadata.is_symlink() => follow(&link, state)?,
            Ok(_) => link,
            Err(_) => make(&link, state, progress)?,
        };
        // Whoever made the data goes on with it: PostgreSQL insists.
        let account = match account::owner_of(&folder.join("data")) {
            Some(owner) => Some(owner),
            None => account::unprivileged()?,
        };
        if let Some(account) = account.as_ref().filter(|account| !account.reaches(&folder)) {
            return Err(Error::State(format!(
                "PostgreSQL runs as the user {} (it refuses to run as root), who cannot get into {}. \
                 Open the folders above it with `chmod o+x`, or choose another place with `--state-dir DIR`.",
                account.name,
                folder.display()
            )));
        }
        let socket_folder = socket_folder(&folder, account.as_ref())?;
        Ok(Self {
            folder,
            socket_folder,
            account,
        })
    }

    /// The data folder, without making anything; `None` when there is no database yet.
    pub(super) fn existing_data(state: &StateFolder) -> Option<PathBuf> {
        let data = state
            .path()
            .join("postgres")
            .canonicalize()
            .ok()?
            .join("data");
        data.join("PG_VERSION").is_file().then_some(data)
    }

    /// The data folder, which need not exist yet.
    pub(super) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder itself.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the socket goes.
    pub(super) fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// Removes the socket's folder where it lies among other people's files.
    pub(super) fn forget_socket_folder(&self) {
        if !self.socket_folder.starts_with(&self.folder) {
            // Not empty, or gone: nothing depends on it.
            let _ = fs::remove_dir(&self.socket_folder);
        }
    }

    /// A command that runs as the server's user.
    pub(super) fn command(&self, program: &Path) -> Command {
        process::command(program, &self.folder, self.account.as_ref())
    }

    /// Gives a path to the server's user.
    pub(super) fn give(&self, path: &Path) -> Result<(), Error> {
        give(path, self.account.as_ref())
    }
}

fn give(path: &Path, account: Option<&Account>) -> Result<(), Error> {
    match account {
        Some(account) => chown(path, Some(account.uid), Some(account.gid))
            .map_err(Error::file("change the owner of", path)),
        None => Ok(()),
    }
}

fn make(link: &Path, state: &StateFolder, progress: Progress<'_>) -> Result<PathBuf, Error> {
    let account = account::unprivileged()?;
    let Some(account) = account.filter(|account| !account.reaches(state.path())) else {
        make_private(link, account::unprivileged()?.as_ref())?;
        return Ok(link.to_owned());
    };
    let parent = Path::new(ELSEWHERE);
    fs::create_dir_all(parent).map_err(Error::file("create", parent))?;
    let folder = unused(&parent.join(hash(state.path())));
    make_private(&folder, Some(&account))?;
    write_note(&folder, state)?;
    symlink(&folder, link).map_err(Error::file("create", link))?;
    progress(&format!(
        "the database goes to {}: {} cannot be reached by the user {}, as whom PostgreSQL runs",
        folder.display(),
        state.path().display(),
        account.name
    ));
    Ok(folder)
}

/// The first of `NAME`, `NAME-2`, ... that holds no database. One that does
/// belonged to a state folder that was deleted; its data is not ours to use or remove.
fn unused(name: &Path) -> PathBuf {
    let numbered = |number: u32| PathBuf::from(format!("{}-{number}", name.display()));
    std::iter::once(name.to_owned())
        .chain((2..).map(numbered))
        .find(|folder| !folder.join("data").exists())
        .unwrap_or_else(|| name.to_owned())
}

fn note(folder: &Path) -> PathBuf {
    folder.join("state-folder")
}

fn write_note(folder: &Path, state: &StateFolder) -> Result<(), Error> {
    let note = note(folder);
    fs::write(&note, format!("{}\n", state.path().display())).map_err(Error::file("write", &note))
}

/// The folder that `link` leads to. Two state folders must not lead to one: that
/// happens when a state folder is copied, and not when it is moved.
fn follow(link: &Path, state: &StateFolder) -> Result<PathBuf, Error> {
    let folder = link.canonicalize().map_err(|cause| {
        Error::State(format!(
            "the database of this state folder is missing: {} leads nowhere ({cause}). Bring it back, or remove \
             the link to begin with an empty database.",
            link.display()
        ))
    })?;
    let owner = fs::read_to_string(note(&folder)).unwrap_or_default();
    let owner = Path::new(owner.trim_end());
    if owner != state.path() {
        if owner
            .join("postgres")
            .canonicalize()
            .is_ok_and(|other| other == folder)
        {
            return Err(Error::State(format!(
                "{} is a copy of {}, and both lead to one database, {}. Remove {} to begin with an empty database \
                 here; `spindrift backup` and `restore` copy the contents.",
                state.path().display(),
                owner.display(),
                folder.display(),
                link.display()
            )));
        }
        write_note(&folder, state)?;
    }
    Ok(folder)
}

fn socket_folder(home: &Path, account: Option<&Account>) -> Result<PathBuf, Error> {
    let inside = home.join("run");
    if inside.as_os_str().len() <= SOCKET_FOLDER_LIMIT {
        make_private(&inside, account)?;
        return Ok(inside);
    }
    let uid = account.map_or_else(
        || rustix::process::geteuid().as_raw(),
        |account| account.uid,
    );
    let outside = std::env::temp_dir().join(format!("spindrift-{uid}-{}", hash(home)));
    make_private(&outside, account)?;
    // Anybody may make folders there; only one that is this user's alone will do.
    let metadata = fs::symlink_metadata(&outside).map_err(Error::file("read", &outside))?;
    if !metadata.is_dir() || metadata.uid() != uid || metadata.mode() & 0o077 != 0 {
        return Err(Error::State(format!(
            "{} should be a folder of user {uid} alone, for PostgreSQL's socket, and is something else. Remove it, \
             or choose a state folder with a shorter path with `--state-dir DIR`.",
            outside.display()
        )));
    }
    Ok(outside)
}

/// Makes a folder for `account` alone, unless it is there.
fn make_private(folder: &Path, account: Option<&Account>) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(cause) => Err(Error::file("create", folder)(cause)),
        Ok(()) => give(folder, account),
    }
}

/// A short name for a path.
fn hash(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_bytes());
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
