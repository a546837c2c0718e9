//! What keeps an application from being deployed with a profile.

use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The file to mend.
    pub file: PathBuf,
    /// The key in it.
    pub key: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// All mistakes, at least one; each reads as those of manifests do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    pub(super) fn add(&mut self, file: &Path, key: impl Into<String>, message: impl Into<String>) {
        let one = Mistake {
            file: file.to_owned(),
            key: key.into(),
            message: message.into(),
        };
        if !self.0.contains(&one) {
            self.0.push(one);
        }
    }

    pub(super) fn finish(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The mistakes, in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Mistake> {
        self.0.iter()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, one) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}: {}: {}", one.file.display(), one.key, one.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}
