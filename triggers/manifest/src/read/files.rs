//! A component's `files`.

use std::path::{Component as Part, Path};

use super::Place;
use crate::app::FileMount;
use crate::document::Data;
use crate::fields::Field;

pub(super) fn read(field: &Field<'_>, place: &Place<'_>) -> Vec<FileMount> {
    let elements = field.elements();
    elements
        .iter()
        .filter_map(|element| mount(element, place))
        .collect()
}

fn mount(field: &Field<'_>, place: &Place<'_>) -> Option<FileMount> {
    match &field.node.data {
        Data::Text(_) => {
            let pattern = field.some_text()?;
            check_glob(field, pattern, place);
            Some(FileMount::Glob(pattern.to_owned()))
        }
        Data::Table(_) => placed(field, place),
        _ => {
            field.error(format!(
                "expected a glob or `{{ source = \"...\", destination = \"/...\" }}`, found {}",
                field.node.kind()
            ));
            None
        }
    }
}

/// A glob's matches keep their path, so it can't leave the manifest's folder.
fn check_glob(field: &Field<'_>, pattern: &str, place: &Place<'_>) {
    let inside = Path::new(pattern)
        .components()
        .all(|part| matches!(part, Part::Normal(_) | Part::CurDir));
    if !inside {
        field.error(
            "must be relative and stay in the manifest's folder: place what lies elsewhere with \
             `{ source = \"...\", destination = \"/...\" }`",
        );
        return;
    }
    let root = glob::Pattern::escape(&place.root.to_string_lossy());
    match glob::glob(&format!("{root}/{pattern}")) {
        Err(error) => field.error(format!("malformed glob: {}", error.msg)),
        Ok(mut matches) => {
            if place.checks.sources && matches.next().is_none() {
                field.error(format!(
                    "no file matches `{pattern}`: correct the glob, or remove it"
                ));
            }
        }
    }
}

fn placed(field: &Field<'_>, place: &Place<'_>) -> Option<FileMount> {
    let mut fields = field.fields()?;
    let source = fields.require("source", "add the folder or file, `source = \"assets\"`");
    let destination = fields.require("destination", "add where it goes, `destination = \"/\"`");
    fields.finish();
    let source = source.and_then(|field| {
        let text = field.some_text()?;
        let path = place.root.join(text);
        if place.checks.sources && !path.exists() {
            field.error(format!(
                "no such file or folder `{text}`: make it, or correct the path"
            ));
        }
        Some(path)
    });
    let destination = destination.and_then(|field| {
        let text = field.some_text()?;
        let plain = Path::new(text)
            .components()
            .all(|part| part != Part::ParentDir);
        if !text.starts_with('/') || !plain {
            field.error("must be an absolute path without `..`: write `/assets`, say");
        }
        Some(text.to_owned())
    });
    Some(FileMount::Placed {
        source: source?,
        destination: destination?,
    })
}
