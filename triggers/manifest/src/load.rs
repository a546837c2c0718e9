//! From a path to an [`App`].

use std::io::ErrorKind;
use std::path::Path;

use crate::app::{App, Checks};
use crate::diagnostics::{Diagnostics, Report};
use crate::document;
use crate::fields::Field;
use crate::read::{self, Place};
use crate::upgrade;

/// Reads and checks a manifest: the file at `path`, or `spin.toml` in the folder
/// at `path`. An [`App`] that comes back needs no further checking, except of what
/// `checks` left out.
///
/// # Errors
///
/// All mistakes of the manifest in one go. An error of TOML's syntax hides the
/// others: there is nothing to look at before it is mended.
pub fn load(path: &Path, checks: &Checks) -> Result<App, Diagnostics> {
    let manifest = if path.is_dir() {
        path.join("spin.toml")
    } else {
        path.to_owned()
    };
    let text = read_text(&manifest).map_err(|why| Diagnostics::of_file(&manifest, why))?;
    let report = Report::on(&text);
    let app = match document::parse(&text) {
        Ok(root) => {
            let folder = match manifest.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let place = Place {
                manifest: &manifest,
                root: folder,
                checks,
            };
            let upgraded = upgrade::upgraded(&root);
            let app = read::app(
                &Field::root(&report, upgraded.as_ref().unwrap_or(&root)),
                &place,
            );
            app.map(|app| App {
                is_version_1: upgraded.is_some(),
                ..app
            })
        }
        Err((at, message)) => {
            report.error(at, "", format!("not valid TOML: {message}"));
            None
        }
    };
    report.finish(&manifest)?;
    // Without an application there was a mistake; `read::app` promises that.
    app.ok_or_else(|| Diagnostics::of_file(&manifest, "can't be read as a manifest".to_owned()))
}

fn read_text(manifest: &Path) -> Result<String, String> {
    let bytes = std::fs::read(manifest).map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            "no such file: go to the application's folder, or name its manifest with \
             `-f path/to/spin.toml`"
                .to_owned()
        }
        ErrorKind::PermissionDenied => {
            "can't be read: permission denied; make it readable for this user".to_owned()
        }
        _ => format!("can't be read: {error}"),
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        format!("line {line} is not UTF-8: save the file as UTF-8")
    })
}
