//! What can go wrong, and the way out.

use std::io;
use std::path::{Path, PathBuf};

use crate::platform::Platform;

/// Why there is no image, or not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refuses a file.
    #[error("cannot {what} {path}: {source}", path = path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is no program for an image.
    #[error("{path} is no program for an image: {why}; an image runs programs for Linux on amd64 or arm64 (ELF, 64 bits)", path = path.display())]
    NotAProgram {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A library is not on this machine.
    #[error("{program} needs {library}, which is not on this machine; install the package that has it (for another processor: `apt-get install libc6-arm64-cross` and its like), or give a program that is linked statically", program = program.display())]
    LibraryMissing {
        /// The program.
        program: PathBuf,
        /// The library.
        library: String,
    },
    /// No program was given.
    #[error("an image needs at least one program")]
    NoProgram,
    /// Two programs were given for one platform.
    #[error("two programs are for {0}: give one")]
    Twice(Platform),
    /// A glob is malformed.
    #[error("{0}")]
    Glob(String),
    /// Two files belong at one place.
    #[error("both {first} and {second} belong at /{path} in the image; move one of them", first = first.display(), second = second.display())]
    Taken {
        /// The place.
        path: String,
        /// Who has it.
        first: PathBuf,
        /// Who wants it.
        second: PathBuf,
    },
    /// A file of the application belongs where something of the image's own is.
    #[error("{file} would be /{path} in the image, which is not the application's; move it into the manifest's folder", file = file.display())]
    Reserved {
        /// The file.
        file: PathBuf,
        /// The place.
        path: String,
    },
    /// A lock file is none.
    #[error("{path} is not a lock file of Cargo: {why}", path = path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The name of an image is malformed.
    #[error(
        "`{name}` is no name of an image: {why}; write HOST/REPOSITORY or HOST/REPOSITORY:TAG, in lower case"
    )]
    Name {
        /// The name.
        name: String,
        /// Why.
        why: String,
    },
    /// Credentials are there, but cannot be used.
    #[error("cannot take the credentials for {registry} from {place}: {why}")]
    Credentials {
        /// The registry's host.
        registry: String,
        /// The file or program.
        place: String,
        /// Why.
        why: String,
    },
    /// The registry wants other credentials.
    #[error(
        "{registry} does not let this user push to {repository}: {credentials}. Log in (`docker login {registry}`), or set SPINDRIFT_REGISTRY_USER and SPINDRIFT_REGISTRY_PASSWORD"
    )]
    Unauthorized {
        /// The registry's host.
        registry: String,
        /// The repository in it.
        repository: String,
        /// Which credentials were used.
        credentials: String,
    },
    /// The registry shows the package to others.
    #[error(
        "{registry} does not show {repository} to this user: {credentials}. Log in (`docker login {registry}`), or correct the name, for some registries say the same of what is not there"
    )]
    Withheld {
        /// The registry's host.
        registry: String,
        /// The repository in it.
        repository: String,
        /// Which credentials were used.
        credentials: String,
    },
    /// What the registry has is no package of a component.
    #[error("{name} is no package of a component: {why}")]
    NoPackage {
        /// Its name.
        name: String,
        /// Why.
        why: String,
    },
    /// The registry is not there.
    #[error("cannot reach the registry {registry}: {why}")]
    Unreachable {
        /// The registry's host.
        registry: String,
        /// Why, every cause of it.
        why: String,
    },
    /// The registry says no.
    #[error("{registry} refuses {what}: {why}")]
    Refused {
        /// The registry's host.
        registry: String,
        /// What it was sent.
        what: String,
        /// What it said.
        why: String,
    },
}

impl Error {
    pub(crate) fn read(what: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File {
            what,
            path: path.to_owned(),
            source,
        }
    }
}
