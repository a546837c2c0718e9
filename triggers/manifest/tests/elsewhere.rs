//! Components from elsewhere, and those that are composed.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::Path;

use spindrift_manifest::{App, Checks, Origin, load};

const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn app(folder: &Path, sources: bool) -> Result<App, String> {
    let manifest = format!(
        "spin_manifest_version = 2\n\
         [application]\n\
         name = \"shop\"\n\
         [[trigger.http]]\n\
         route = \"/...\"\n\
         component = \"till\"\n\
         [component.till]\n\
         source = {{ url = \"https://example.com/till.wasm?key=hidden\", digest = \"sha256:{DIGEST}\" }}\n\
         dependencies_inherit_configuration = true\n\
         [component.till.dependencies]\n\
         \"ada:words/greeting@1.0\" = {{ path = \"words.wasm\", export = \"hello\" }}\n\
         \"bob:sums\" = {{ registry = \"127.0.0.1:5000\", version = \"=1.2.3\" }}\n\
         [component.page]\n\
         source = {{ registry = \"ghcr.io\", package = \"ada:page\", version = \"0.1.0-rc.1\" }}\n"
    );
    std::fs::write(folder.join("spin.toml"), manifest).unwrap();
    let checks = Checks {
        sources,
        unfetched: false,
        provided: None,
        fetched: "/state/components".into(),
    };
    load(folder, &checks).map_err(|mistakes| mistakes.to_string())
}

#[test]
fn what_comes_from_elsewhere_has_its_place_in_the_state_folder() {
    let folder = tempfile::tempdir().unwrap();
    let app = app(folder.path(), false).unwrap();
    let till = &app.components["till"];
    let place = format!("/state/components/sha256/{DIGEST}.wasm");
    assert_eq!(till.source, Path::new(&place));
    assert_eq!(till.origin.to_string(), "https://example.com/till.wasm");
    assert!(till.dependencies_inherit && till.is_assembled());
    let [words, sums] = &till.dependencies[..] else {
        panic!("not two: {:?}", till.dependencies)
    };
    assert_eq!(words.name.to_string(), "ada:words/greeting@1.0");
    assert_eq!(words.export.as_deref(), Some("hello"));
    assert_eq!(words.origin, Origin::File(folder.path().join("words.wasm")));
    let files: Vec<_> = till.dependency_files().collect();
    assert_eq!(files, [folder.path().join("words.wasm")]);
    // The package is the one that the name is of.
    assert_eq!(
        sums.origin,
        Origin::Package {
            registry: "127.0.0.1:5000".to_owned(),
            namespace: "bob".to_owned(),
            name: "sums".to_owned(),
            version: "1.2.3".to_owned(),
        }
    );
    let page = &app.components["page"];
    assert_eq!(
        page.source,
        Path::new("/state/components/packages/ghcr.io/ada/page/0.1.0-rc.1.wasm")
    );
    assert!(!page.dependencies_inherit);
}

#[test]
fn what_was_not_fetched_yet_is_told_without_its_query() {
    let folder = tempfile::tempdir().unwrap();
    let told = app(folder.path(), true).unwrap_err();
    for part in [
        "component.till.source: no such file `https://example.com/till.wasm`: fetch it with",
        "component.page.source: no such file `ada:page 0.1.0-rc.1 of ghcr.io`: fetch it with",
        "no such file `words.wasm`: build it",
    ] {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    assert!(!told.contains("hidden"), "{told}");
}
