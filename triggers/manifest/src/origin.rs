//! Where components come from.

use std::fmt;
use std::path::{Path, PathBuf};

/// The folder, in a state folder, of what comes from elsewhere and of what is composed.
pub const FETCHED: &str = "components";

/// Where a component comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file, resolved against the manifest's folder.
    File(PathBuf),
    /// `{ url, digest }`.
    Url {
        /// By `http` or `https`.
        url: String,
        /// Of SHA-256: 64 hexadecimal digits in lower case.
        digest: String,
    },
    /// `{ registry, package, version }`: a package as `wkg` keeps it in an OCI registry.
    Package {
        /// `host[:port]`.
        registry: String,
        /// What stands before the `:` of `package`.
        namespace: String,
        /// What stands after it.
        name: String,
        /// One version: `1.2.3`, with what may follow a `-`.
        version: String,
    },
}

impl Origin {
    /// The file itself, or where in the folder `fetched` it is kept.
    pub fn file(&self, fetched: &Path) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Url { digest, .. } => fetched.join("sha256").join(format!("{digest}.wasm")),
            Self::Package {
                registry,
                namespace,
                name,
                version,
            } => {
                let registry = fetched.join("packages").join(registry.replace(':', "_"));
                let folder = registry.join(namespace).join(name);
                folder.join(format!("{version}.wasm"))
            }
        }
    }

    /// Whether it has to be fetched.
    pub fn is_elsewhere(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

/// Without the query of a URL, which may hold a token.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Url { url, .. } => f.write_str(url.split(['?', '#']).next().unwrap_or(url)),
            Self::Package {
                registry,
                namespace,
                name,
                version,
            } => write!(f, "{namespace}:{name} {version} of {registry}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_fetched_has_one_place_and_shows_no_query() {
        let url = Origin::Url {
            url: "https://example.com/a.wasm?token=secret".to_owned(),
            digest: "0a".repeat(32),
        };
        let place = format!("/s/sha256/{}.wasm", "0a".repeat(32));
        assert_eq!(url.file(Path::new("/s")), Path::new(&place));
        assert_eq!(url.to_string(), "https://example.com/a.wasm");

        let package = Origin::Package {
            registry: "localhost:5000".to_owned(),
            namespace: "ada".to_owned(),
            name: "greeter".to_owned(),
            version: "1.2.3".to_owned(),
        };
        let place = "/s/packages/localhost_5000/ada/greeter/1.2.3.wasm";
        assert_eq!(package.file(Path::new("/s")), Path::new(place));
        assert_eq!(package.to_string(), "ada:greeter 1.2.3 of localhost:5000");
    }
}
