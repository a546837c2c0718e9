//! Where variables get values from.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::vault::Vault;

/// One place. Its `Debug` leaves out values: some are secrets.
pub(crate) enum Provider {
    /// The environment: the prefix, `_` and the variable's name in upper case.
    Environment {
        /// `SPIN_VARIABLE` when nobody says another.
        prefix: String,
    },
    /// A folder with a file for each variable, as Kubernetes mounts Secrets.
    Folder(PathBuf),
    /// The runtime configuration itself.
    Static(BTreeMap<String, String>),
    /// A server.
    Vault(Vault),
}

impl Provider {
    /// Its values of the variables that are called `names`. One of no variable is there
    /// too where it was written for this application alone.
    pub(crate) async fn values(&self, names: &[&str]) -> Result<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        match self {
            Self::Static(own) => values.clone_from(own),
            Self::Environment { prefix } => {
                for name in names {
                    if let Some(value) = from_environment(prefix, name)? {
                        values.insert((*name).to_owned(), value);
                    }
                }
            }
            Self::Folder(folder) => {
                for name in names {
                    let file = folder.join(name);
                    match std::fs::read_to_string(&file) {
                        Ok(value) => _ = values.insert((*name).to_owned(), value),
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        Err(error) => {
                            return Err(error).with_context(|| {
                                format!(
                                    "cannot read the value of a variable from {}",
                                    file.display()
                                )
                            });
                        }
                    }
                }
            }
            Self::Vault(server) => values = Box::pin(server.values(names)).await?,
        }
        Ok(values)
    }
}

fn from_environment(prefix: &str, name: &str) -> Result<Option<String>> {
    let variable = format!("{prefix}_{}", name.to_uppercase());
    let Some(value) = std::env::var_os(&variable) else {
        return Ok(None);
    };
    let value = value.into_string().ok();
    let value = value.with_context(|| format!("{variable} is not UTF-8"))?;
    Ok(Some(value))
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment { prefix } => write!(f, "Environment({prefix:?})"),
            Self::Folder(folder) => write!(f, "Folder({folder:?})"),
            Self::Static(values) => write!(f, "Static({:?})", values.keys()),
            Self::Vault(server) => write!(f, "Vault({server})"),
        }
    }
}
