//! The mistakes in a manifest, and how they read.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// One mistake in a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line of the manifest, from 1. `None` when the mistake has no place in
    /// it, such as a file that is not there.
    pub line: Option<usize>,
    /// The column, in characters from 1. `None` when only the line is known.
    pub column: Option<usize>,
    /// The path of the key, such as `component.tasks.source`. Empty when the
    /// mistake belongs to no key, such as one of TOML's syntax.
    pub key: String,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// Every mistake found in one manifest: at least one, in the order of the lines.
///
/// Its `Display` is made to be read by the author of the manifest: one mistake on
/// each line, as `file:line: key: what is wrong; what to do`, and their number
/// when they are several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    manifest: PathBuf,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// One mistake without a place.
    pub fn of_file(manifest: &Path, message: String) -> Self {
        let one = Diagnostic {
            line: None,
            column: None,
            key: String::new(),
            message,
        };
        Self {
            manifest: manifest.to_owned(),
            list: vec![one],
        }
    }

    /// The manifest, as it was named.
    pub fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// The mistakes, in the order of the lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.manifest.display();
        for (index, one) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{file}")?;
            if let Some(line) = one.line {
                write!(f, ":{line}")?;
            }
            if !one.key.is_empty() {
                write!(f, ": {}", one.key)?;
            }
            write!(f, ": {}", one.message)?;
        }
        if self.list.len() > 1 {
            write!(f, "\n{} mistakes in {file}", self.list.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// Collects the mistakes of one manifest while it is read.
pub(crate) struct Report {
    /// The byte at which each line begins.
    lines: Vec<usize>,
    text: String,
    list: RefCell<Vec<Diagnostic>>,
    asked: RefCell<BTreeSet<String>>,
}

impl Report {
    /// A report without mistakes on a manifest of this text.
    pub(crate) fn on(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(breaks.map(|(at, _)| at + 1))
            .collect();
        Self {
            lines,
            text: text.to_owned(),
            list: RefCell::default(),
            asked: RefCell::default(),
        }
    }

    /// Remembers a key that is read.
    pub(crate) fn asked(&self, key: String) {
        self.asked.borrow_mut().insert(key);
    }

    /// Every key that was read, whether it was there or not.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        self.asked.borrow().clone()
    }

    /// The line, from 1, of a byte of the text.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|begin| *begin <= at).max(1)
    }

    fn column(&self, at: usize) -> usize {
        let begin = self.lines[self.line(at) - 1];
        self.text
            .get(begin..at)
            .map_or(1, |before| before.chars().count() + 1)
    }

    /// Adds a mistake at a byte of the text.
    pub(crate) fn error(&self, at: usize, key: impl Into<String>, message: impl Into<String>) {
        self.list.borrow_mut().push(Diagnostic {
            line: Some(self.line(at)),
            column: Some(self.column(at)),
            key: key.into(),
            message: message.into(),
        });
    }

    /// Adds a mistake of which only the line is known; 0 when not even that.
    pub(crate) fn error_on_line(&self, line: usize, key: String, message: String) {
        let line = Some(line).filter(|line| *line > 0);
        self.list.borrow_mut().push(Diagnostic {
            line,
            column: None,
            key,
            message,
        });
    }

    /// `Err` with all the mistakes, if there are any.
    pub(crate) fn finish(self, manifest: &Path) -> Result<(), Diagnostics> {
        let mut list = self.list.into_inner();
        if list.is_empty() {
            return Ok(());
        }
        list.sort_by_key(|one| (one.line, one.column));
        Err(Diagnostics {
            manifest: manifest.to_owned(),
            list,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_read_in_the_order_of_the_lines_and_are_counted() {
        let report = Report::on("a = 1\nbé = 2\n");
        report.error(9, "b", "second");
        report.error(0, "a", "first");
        report.error_on_line(0, String::new(), "nowhere".to_owned());
        let diagnostics = report.finish(Path::new("x/spin.toml")).unwrap_err();
        assert_eq!(
            diagnostics.to_string(),
            "x/spin.toml: nowhere\nx/spin.toml:1: a: first\nx/spin.toml:2: b: second\n\
             3 mistakes in x/spin.toml"
        );
        let columns: Vec<_> = diagnostics.iter().map(|one| one.column).collect();
        assert_eq!(columns, [None, Some(1), Some(3)]);
    }

    #[test]
    fn one_mistake_is_one_line() {
        let one = Diagnostics::of_file(Path::new("spin.toml"), "no such file".to_owned());
        assert_eq!(one.to_string(), "spin.toml: no such file");
    }
}
