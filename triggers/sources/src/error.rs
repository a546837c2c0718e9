//! What can go wrong, and the way out.

use std::io;
use std::path::{Path, PathBuf};

/// Why a component is not there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A URL gives nothing.
    #[error(
        "component \"{component}\": cannot fetch {url}: {why}. What was fetched once is kept; try again when the server can be reached, or download the file and name it (`source = \"file.wasm\"`, of a dependency `path`)"
    )]
    Download {
        /// Whose it is.
        component: String,
        /// The URL, without its query.
        url: String,
        /// Why.
        why: String,
    },
    /// A URL gives something else.
    #[error(
        "component \"{component}\": {url} is not what the manifest says: its digest is {found}, and should be {wanted}; look at what has changed, and write the new digest if that is meant"
    )]
    Changed {
        /// Whose it is.
        component: String,
        /// The URL, without its query.
        url: String,
        /// The digest of what it gives.
        found: String,
        /// The one in the manifest.
        wanted: String,
    },
    /// A registry does not give a package.
    #[error("component \"{component}\": cannot fetch {package}: {source}")]
    Registry {
        /// Whose it is.
        component: String,
        /// The package.
        package: String,
        /// Why.
        source: Box<spindrift_image::Error>,
    },
    /// A component cannot be composed.
    #[error("component \"{component}\": {why}")]
    Compose {
        /// Which one.
        component: String,
        /// Why, and what to do.
        why: String,
    },
    /// A file that is to be composed is not there.
    #[error("component \"{component}\": cannot read {path}: {source}; run `spindrift build`", path = path.display())]
    Source {
        /// Whose it is.
        component: String,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refuses to keep a file.
    #[error("cannot write {path}: {source}", path = path.display())]
    Keep {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn keep(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Keep {
            path: path.to_owned(),
            source,
        }
    }
}
