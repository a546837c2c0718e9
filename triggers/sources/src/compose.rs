//! Components that have dependencies.

use std::fs;
use std::path::{Path, PathBuf};

use spindrift_image::Digest;
use spindrift_manifest::{App, Component, Origin};

use crate::error::Error;
use crate::keep::keep;
use crate::link::{Part, link};

/// A part of the name of what is composed: another number where the same input is
/// composed otherwise.
const FORM: &str = "composed 1";

/// Composes the components in `only`, or all when it is empty, that have dependencies, and
/// gives them what came of it for a source. What is composed already is there under the
/// digest of everything that it is made of.
///
/// # Errors
///
/// A file is missing, or the components do not fit together.
pub fn compose(app: &mut App, only: &[String], progress: &dyn Fn(&str)) -> Result<(), Error> {
    each(app, only, |component, parts, file| {
        if file.is_file() {
            return Ok(());
        }
        progress(&format!("composing {}", component.id));
        let (main, dependencies) = parts;
        let bytes = link(component, main, dependencies).map_err(|why| Error::Compose {
            component: component.id.clone(),
            why,
        })?;
        keep(file, &bytes)
    })
}

/// The same without composing anything: the source is the file that [`compose`] made, if
/// it did.
///
/// # Errors
///
/// A file is missing that the component is made of.
pub fn composed(app: &mut App, only: &[String]) -> Result<(), Error> {
    each(app, only, |_, _, _| Ok(()))
}

/// A component's own bytes, and its dependencies.
type Parts<'a> = (Vec<u8>, Vec<Part<'a>>);

fn each(
    app: &mut App,
    only: &[String],
    make: impl Fn(&Component, Parts<'_>, &Path) -> Result<(), Error>,
) -> Result<(), Error> {
    let fetched = app.fetched.clone();
    for component in app.components.values_mut() {
        let wanted = only.is_empty() || only.contains(&component.id);
        if !wanted || component.dependencies.is_empty() {
            continue;
        }
        let parts = read(component, &fetched)?;
        let file = place(component, &parts, &fetched);
        make(component, parts, &file)?;
        component.source = file;
    }
    Ok(())
}

fn read<'a>(component: &'a Component, fetched: &Path) -> Result<Parts<'a>, Error> {
    let bytes = |origin: &Origin| {
        let path = origin.file(fetched);
        fs::read(&path).map_err(|source| Error::Source {
            component: component.id.clone(),
            path,
            source,
        })
    };
    let parts = component
        .dependencies
        .iter()
        .map(|dependency| -> Result<Part<'a>, Error> {
            let bytes = bytes(&dependency.origin)?;
            Ok(Part {
                dependency,
                digest: Digest::of(&bytes),
                bytes,
            })
        });
    let parts = parts.collect::<Result<Vec<_>, _>>()?;
    Ok((bytes(&component.origin)?, parts))
}

/// Where what is composed of these belongs.
fn place(component: &Component, (main, parts): &Parts<'_>, fetched: &Path) -> PathBuf {
    let inherits = component.dependencies_inherit;
    let mut made_of = format!("{FORM}\n{}\n{inherits}\n", Digest::of(main));
    for part in parts {
        let export = part.dependency.export.as_deref().unwrap_or_default();
        let name = &part.dependency.name;
        made_of.push_str(&format!("{name} {export} {}\n", part.digest));
    }
    let digest = Digest::of(made_of.as_bytes());
    let name = format!("{}.wasm", digest.hex());
    fetched.join("composed").join(name)
}
