//! One component of several, by the composition graph of the Bytecode Alliance's `wac`.

use std::collections::BTreeMap;
use std::error::Error;

use spindrift_image::Digest;
use spindrift_manifest::{Component, Dependency};
use wac_graph::types::{ItemKind, Package, Type, Types, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

/// A dependency, and what it is.
pub(crate) struct Part<'a> {
    pub(crate) dependency: &'a Dependency,
    pub(crate) digest: Digest,
    pub(crate) bytes: Vec<u8>,
}

/// A package of the graph, and its one instance.
type Added = (PackageId, NodeId);

/// Gives the dependencies to the imports that they are for. What the component exports is
/// what comes out exports; what nobody was given, it imports.
///
/// # Errors
///
/// What does not fit, and what to do.
pub(crate) fn link(
    component: &Component,
    main: Vec<u8>,
    parts: Vec<Part<'_>>,
) -> Result<Vec<u8>, String> {
    let mut graph = CompositionGraph::new();
    let (main, instance) = add(&mut graph, "the component", main)?;
    let imports = imports(&graph, main);
    let mut instances: BTreeMap<Digest, Added> = BTreeMap::new();
    let mut given: BTreeMap<String, &Dependency> = BTreeMap::new();
    for part in parts {
        let dependency = part.dependency;
        let name = &dependency.name;
        let wanted: Vec<&String> = imports.iter().filter(|one| name.matches(one)).collect();
        if wanted.is_empty() {
            return Err(format!(
                "the dependency `{name}` is for none of its imports, which are {}: correct the \
                 name, or remove it",
                imports.join(", ")
            ));
        }
        // Two names of one component are one instance: they may share what it makes.
        let added = match instances.get(&part.digest) {
            Some(added) => *added,
            None => {
                let title = format!("the dependency `{name}`");
                let added = add(&mut graph, &title, part.bytes)?;
                instances.insert(part.digest, added);
                added
            }
        };
        if !component.dependencies_inherit {
            check_isolated(&graph, added.0, dependency)?;
        }
        for import in wanted {
            if let Some(other) = given.insert(import.clone(), dependency) {
                return Err(format!(
                    "the dependencies `{}` and `{name}` are both for the import `{import}`: \
                     remove one, or write more of its name",
                    other.name
                ));
            }
            let export = export_for(&graph, added.0, dependency, import)?;
            let export = graph
                .alias_instance_export(added.1, &export)
                .map_err(|error| said(&error))?;
            graph
                .set_instantiation_argument(instance, import, export)
                .map_err(|error| {
                    format!(
                        "the dependency `{name}` does not fit the import `{import}`: {}",
                        said(&error)
                    )
                })?;
        }
    }
    for name in exports(&graph, main) {
        let export = graph
            .alias_instance_export(instance, &name)
            .map_err(|error| said(&error))?;
        graph.export(export, name).map_err(|error| said(&error))?;
    }
    graph
        .encode(EncodeOptions::default())
        .map_err(|error| format!("it cannot be composed: {}", said(&error)))
}

/// Adds a component, and an instance of it.
fn add(graph: &mut CompositionGraph, title: &str, bytes: Vec<u8>) -> Result<Added, String> {
    let package = Package::from_bytes(title, None, bytes, graph.types_mut());
    let package = package
        .map_err(|error| format!("{title} is no component that can be composed: {error:#}"))?;
    let package = graph
        .register_package(package)
        .map_err(|error| said(&error))?;
    let instance = graph.instantiate(package);
    Ok((package, instance))
}

fn imports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    let world = graph[package].ty();
    graph.types()[world].imports.keys().cloned().collect()
}

fn exports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    let world = graph[package].ty();
    graph.types()[world].exports.keys().cloned().collect()
}

/// What of a dependency is for an import: what the manifest names, or else what is called
/// as the import is, in a version that does for it.
fn export_for(
    graph: &CompositionGraph,
    package: PackageId,
    dependency: &Dependency,
    import: &str,
) -> Result<String, String> {
    let exports = exports(graph, package);
    let wanted = dependency.export.as_deref().unwrap_or(import);
    let unversioned =
        |name: &str| dependency.export.is_some() && name.split('@').next() == Some(wanted);
    let found = exports
        .iter()
        .find(|name| name.as_str() == wanted)
        .or_else(|| {
            exports
                .iter()
                .find(|name| are_semver_compatible(name, wanted) || unversioned(name))
        });
    found.cloned().ok_or_else(|| {
        format!(
            "the dependency `{}` exports no `{wanted}`, but {}: correct its name or version, or \
             say which of these it is by `export`",
            dependency.name,
            match exports.is_empty() {
                true => "nothing".to_owned(),
                false => exports.join(", "),
            }
        )
    })
}

/// Refuses a dependency that would do something of the host's, where it is not to have
/// what its component may: both are one to the host.
fn check_isolated(
    graph: &CompositionGraph,
    package: PackageId,
    dependency: &Dependency,
) -> Result<(), String> {
    let types = graph.types();
    let asked = types[graph[package].ty()].imports.iter();
    let asked: Vec<&str> = asked
        .filter(|(_, kind)| is_more_than_types(types, **kind))
        .map(|(name, _)| name.as_str())
        .collect();
    if asked.is_empty() {
        return Ok(());
    }
    Err(format!(
        "the dependency `{}` imports {}, and the host cannot tell it from the component that it is \
         for: write `dependencies_inherit_configuration = true` if it may do whatever that may, or \
         take one that imports nothing",
        dependency.name,
        asked.join(", ")
    ))
}

/// Whether there is anything to call.
fn is_more_than_types(types: &Types, kind: ItemKind) -> bool {
    let is_type = |kind: &ItemKind| matches!(kind, ItemKind::Type(Type::Value(_)));
    match kind {
        ItemKind::Instance(interface) => !types[interface].exports.values().all(is_type),
        other => !is_type(&other),
    }
}

/// An error and what caused it.
fn said(error: &(dyn Error + 'static)) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        said.push_str(": ");
        said.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    use spindrift_manifest::{App, Checks, load};

    const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

    /// A section of one entry: what stands before a name, the name, and what follows it.
    fn named(section: u8, name: &str, after: &[u8]) -> Vec<u8> {
        let name_length = u8::try_from(name.len()).unwrap();
        let mut entry = vec![1, 0, name_length];
        entry.extend(name.as_bytes());
        entry.extend(after);
        let mut bytes = vec![section, u8::try_from(entry.len()).unwrap()];
        bytes.extend(entry);
        bytes
    }

    /// A component that imports an instance without anything in it, and exports it.
    fn passing_on(import: &str, export: &str) -> Vec<u8> {
        // The section of types: one, of an instance without exports.
        let types = [7_u8, 3, 1, 0x42, 0];
        let (imported, exported) = (named(10, import, &[5, 0]), named(11, export, &[5, 0, 0]));
        [HEADER, &types, &imported, &exported].concat()
    }

    /// A component that exports an instance without anything in it.
    fn giving(export: &str) -> Vec<u8> {
        [HEADER, &[5, 3, 1, 1, 0], &named(11, export, &[5, 0, 0])].concat()
    }

    fn app(dependencies: &str) -> App {
        let folder = tempfile::tempdir().unwrap();
        let manifest = format!(
            "spin_manifest_version = 2\n[application]\nname = \"shop\"\n\
             [[trigger.http]]\nroute = \"/...\"\ncomponent = \"till\"\n\
             [component.till]\nsource = \"till.wasm\"\n\
             [component.till.dependencies]\n{dependencies}\n"
        );
        std::fs::write(folder.path().join("spin.toml"), manifest).unwrap();
        load(folder.path(), &Checks::default()).unwrap()
    }

    /// Composes the component with these dependencies, each of which is these bytes.
    fn composed(dependencies: &str, dependency: &[u8]) -> Result<Vec<u8>, String> {
        let app = app(dependencies);
        let component = &app.components["till"];
        let part = |dependency_of| Part {
            dependency: dependency_of,
            digest: Digest::of(dependency),
            bytes: dependency.to_vec(),
        };
        let parts = component.dependencies.iter().map(part).collect();
        let main = passing_on("ada:words/greeting@1.0.0", "wasi:http/handler@0.3.0");
        link(component, main, parts)
    }

    #[test]
    fn what_a_dependency_exports_is_imported_no_more() {
        for (name, export) in [
            ("ada:words/greeting@1.0.0", "ada:words/greeting@1.0.0"),
            ("ada:words", "ada:words/greeting@1.0.0"),
            ("ada:words/greeting@1", "ada:words/greeting@1.0.3"),
        ] {
            let composed = composed(
                &format!("\"{name}\" = {{ path = \"words.wasm\" }}"),
                &giving(export),
            );
            let bytes = composed.unwrap();
            let mut graph = CompositionGraph::new();
            let (package, _) = add(&mut graph, "it", bytes).unwrap();
            assert_eq!(imports(&graph, package), Vec::<String>::new(), "{name}");
            assert_eq!(exports(&graph, package), ["wasi:http/handler@0.3.0"]);
        }
    }

    #[test]
    fn an_export_of_another_name_is_taken_when_it_is_named() {
        let dependency = giving("bob:talk/hello@2.0.0");
        for export in ["bob:talk/hello@2.0.0", "bob:talk/hello"] {
            let said =
                format!("\"ada:words\" = {{ path = \"words.wasm\", export = \"{export}\" }}");
            assert!(composed(&said, &dependency).is_ok(), "{export}");
        }
        let told = composed("\"ada:words\" = { path = \"words.wasm\" }", &dependency);
        let told = told.unwrap_err();
        assert!(
            told.contains("exports no `ada:words/greeting@1.0.0`"),
            "{told}"
        );
        assert!(told.contains("bob:talk/hello@2.0.0"), "{told}");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let dependency = giving("ada:words/greeting@1.0.0");
        let said = "\"ada:sums\" = { path = \"a.wasm\" }";
        let told = composed(said, &dependency).unwrap_err();
        assert!(told.contains("for none of its imports"), "{told}");
        let said = "\"ada:words\" = { path = \"a.wasm\" }\n\
                    \"ada:words/greeting\" = { path = \"b.wasm\" }";
        let told = composed(said, &dependency).unwrap_err();
        assert!(told.contains("are both for the import"), "{told}");
        let said = "\"ada:words\" = { path = \"a.wasm\" }";
        let told = composed(said, b"no component").unwrap_err();
        assert!(told.contains("is no component"), "{told}");
    }
}
