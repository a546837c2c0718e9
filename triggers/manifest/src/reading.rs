//! Reading other TOML files of Spindrift with the care that manifests get: every
//! mistake at once, each with file, line, key and remedy.

use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostics::{Diagnostics, Report};
use crate::document;

pub use crate::document::Data;
pub use crate::fields::{Field, Fields};
pub use crate::names::is_dns_label;
pub use crate::read::choice::choice;
pub use crate::read::quantity::{count, duration_in};
pub use crate::read::services::service;

/// Reads `text`, the contents of the file at `path`. `read` is given the document,
/// reports mistakes on its fields, and answers `None` only if it reported one.
///
/// # Errors
///
/// All mistakes of the file.
pub fn read<T>(
    path: &Path,
    text: &str,
    read: impl FnOnce(&Field<'_>) -> Option<T>,
) -> Result<T, Diagnostics> {
    let report = Report::on(text);
    let found = match document::parse(text) {
        Ok(root) => read(&Field::root(&report, &root)),
        Err((at, message)) => {
            report.error(at, "", format!("not valid TOML: {message}"));
            None
        }
    };
    report.finish(path)?;
    found.ok_or_else(|| Diagnostics::of_file(path, "can't be read".to_owned()))
}

/// The paths of all keys that `read` looks for in a document: what a page that
/// describes them has to have.
pub fn keys(text: &str, read: impl FnOnce(&Field<'_>)) -> BTreeSet<String> {
    let report = Report::on(text);
    if let Ok(root) = document::parse(text) {
        read(&Field::root(&report, &root));
    }
    report.keys()
}
