//! The files that a component is given.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spindrift_manifest::{App, Component, FileMount};

use super::DATA;
use crate::blob::Blob;
use crate::error::Error;

/// What has no more bytes stands in the document itself: some registries refuse layers
/// that are nearly empty.
const INLINE: usize = 128;

/// The component's files as the locked application lists them. What it names by digest
/// is added to `layers`.
pub(super) fn of(
    app: &App,
    component: &Component,
    layers: &mut Vec<Blob>,
) -> Result<Vec<Value>, Error> {
    let mut entries = Vec::new();
    for (file, place) in places(app, component)? {
        let bytes = fs::read(&file).map_err(|e| Error::read("read", &file, e))?;
        entries.push(if bytes.len() <= INLINE {
            json!({ "path": place, "inline": STANDARD.encode(bytes) })
        } else {
            let layer = Blob::new(DATA, bytes);
            let entry = json!({ "path": place, "digest": layer.digest() });
            layers.push(layer);
            entry
        });
    }
    Ok(entries)
}

/// Every file, and where the function finds it, from its root.
fn places(app: &App, component: &Component) -> Result<Vec<(PathBuf, String)>, Error> {
    let mut places = Vec::new();
    for mount in &component.files {
        match mount {
            FileMount::Glob(pattern) => {
                let files = component.matches(&app.root, pattern).map_err(Error::Glob)?;
                places.extend(files.into_iter().map(|file| {
                    let place = file.strip_prefix(&app.root).unwrap_or(&file);
                    let place = place.to_string_lossy().into_owned();
                    (file, place)
                }));
            }
            FileMount::Placed {
                source,
                destination,
            } => add(source, destination.trim_matches('/'), &mut places)?,
        }
    }
    Ok(places)
}

/// Adds a file, or all that are below a folder.
fn add(source: &Path, place: &str, places: &mut Vec<(PathBuf, String)>) -> Result<(), Error> {
    if !source.is_dir() {
        places.push((source.to_owned(), place.to_owned()));
        return Ok(());
    }
    let read = |e| Error::read("read", source, e);
    let mut entries = fs::read_dir(source)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(read)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let below = format!("{place}/{}", name.to_string_lossy());
        add(&entry.path(), below.trim_start_matches('/'), places)?;
    }
    Ok(())
}
