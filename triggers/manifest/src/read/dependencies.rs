//! `[component.<id>.dependencies]`.

use super::{Place, origin};
use crate::dependency::{Dependency, DependencyName};
use crate::document::Data;
use crate::fields::Field;
use crate::origin::Origin;

pub(super) fn read(field: &Field<'_>, place: &Place<'_>) -> Vec<Dependency> {
    let entries = field.entries();
    entries
        .iter()
        .filter_map(|(name, field)| one(name, field, place))
        .collect()
}

fn one(name: &str, field: &Field<'_>, place: &Place<'_>) -> Option<Dependency> {
    let name = DependencyName::parse(name);
    if name.is_none() {
        field.error(
            "malformed name: write what the component imports, `namespace:package/interface@1.0`, \
             or all of a package, `namespace:package`",
        );
    }
    if matches!(field.node.data, Data::Text(_)) {
        field.error(
            "a version alone says nothing of where the package is: write `{ registry = \
             \"ghcr.io\", version = \"1.2.3\" }`, or name a file, `{ path = \"file.wasm\" }`",
        );
        return None;
    }
    let mut fields = field.fields()?;
    let export = fields.take("export");
    let export = export.and_then(|field| Some(field.some_text()?.to_owned()));
    let package = name.as_ref().and_then(DependencyName::package);
    let origin = match fields.take("path") {
        Some(path) => file(&path, place),
        None => origin::elsewhere(&mut fields, package),
    };
    fields.refuse("component", "name its file, `path = \"file.wasm\"`");
    fields.refuse(
        "inherit_configuration",
        "say it of all, by `dependencies_inherit_configuration`",
    );
    fields.finish();
    Some(Dependency {
        name: name?,
        origin: origin?,
        export,
    })
}

fn file(field: &Field<'_>, place: &Place<'_>) -> Option<Origin> {
    let text = field.some_text()?;
    let path = place.root.join(text);
    if place.checks.sources && !path.is_file() {
        field.error(format!(
            "no such file `{text}`: build it, or correct the path"
        ));
    }
    Some(Origin::File(path))
}
