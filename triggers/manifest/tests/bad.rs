//! What the author of a wrong manifest reads. Each `bad/<name>.toml` has its
//! messages beside it in `bad/<name>.snap`; `INSTA_UPDATE=always cargo test`
//! writes them anew, to be read before they are kept.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::path::{Path, PathBuf};

use spindrift_manifest::{Checks, load};

fn assert_messages(name: &str, messages: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("bad");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, messages));
}

#[test]
fn every_mistake_is_reported_with_its_line_key_and_remedy() {
    // Relative, for messages name the manifest as its user does.
    let mut manifests: Vec<PathBuf> = std::fs::read_dir("tests/bad")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    manifests.sort();
    assert!(!manifests.is_empty());
    for manifest in manifests {
        let name = manifest.file_stem().unwrap().to_str().unwrap().to_owned();
        let diagnostics = load(&manifest, &Checks::default()).expect_err(&name);
        assert_messages(&name, &diagnostics.to_string());
    }
}

/// The messages about a manifest in a folder of its own.
fn messages(folder: &Path, manifest: &str, checks: &Checks) -> String {
    std::fs::write(folder.join("spin.toml"), manifest).unwrap();
    let diagnostics = load(folder, checks).unwrap_err().to_string();
    diagnostics.replace(&format!("{}/", folder.display()), "")
}

/// A component that exports an empty instance of this name, or nothing.
fn component(export: Option<&str>) -> Vec<u8> {
    let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
    if let Some(name) = export {
        // The section of instances: one, made of no exports.
        bytes.extend([5, 3, 1, 1, 0]);
        let length = u8::try_from(name.len()).unwrap();
        // The section of exports: one, the instance 0, of the type that it has.
        bytes.extend([11, length + 6, 1, 0, length]);
        bytes.extend(name.as_bytes());
        bytes.extend([5, 0, 0]);
    }
    bytes
}

/// A component with `inner` nested in it and no exports of its own but `export`.
fn around(inner: &[u8], export: Option<&str>) -> Vec<u8> {
    // The sections of a core module and of a component.
    let id = if inner[4] == 1 { 1 } else { 4 };
    let nested = [&[id, u8::try_from(inner.len()).unwrap()], inner].concat();
    let mut bytes = component(export);
    bytes.splice(8..8, nested);
    bytes
}

#[test]
fn a_source_that_is_no_function_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let core = b"\0asm\x01\0\0\0";
    let handler = "wasi:http/handler@0.3.0";
    for (name, bytes) in [
        ("core.wasm", core.to_vec()),
        ("text.wasm", b"(component)".to_vec()),
        ("empty.wasm", component(None)),
        ("command.wasm", component(Some("wasi:cli/run@0.3.0"))),
        ("future.wasm", component(Some("wasi:http/handler@0.4.0"))),
        ("damaged.wasm", [component(None), vec![11, 200]].concat()),
        (
            "v2.wasm",
            component(Some("wasi:http/incoming-handler@0.2.6")),
        ),
        ("v3.wasm", component(Some(handler))),
        ("ticked.wasm", component(Some("handle-cron-event"))),
        (
            "told.wasm",
            component(Some("spin:redis/inbound-redis@3.0.0")),
        ),
        ("made-of-parts.wasm", around(core, Some(handler))),
        ("part-alone.wasm", around(&component(Some(handler)), None)),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let names = [
        "core",
        "text",
        "empty",
        "command",
        "future",
        "damaged",
        "v2",
        "v3",
        "ticked",
        "told",
        "made-of-parts",
        "part-alone",
        "missing",
    ];
    let components = names.map(|name| format!("[component.{name}]\nsource = \"{name}.wasm\"\n"));
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"todo\"\n\
         [[trigger.http]]\nroute = \"/\"\ncomponent = \"ticked\"\n\
         [[trigger.cron]]\nschedule = \"@hourly\"\ncomponent = \"ticked\"\n\
         [[trigger.cron]]\nschedule = \"@hourly\"\ncomponent = \"told\"\n{}\
         [component.unbuilt]\nsource = \"target/unbuilt.wasm\"\nbuild = {{ command = \"make\" }}\n",
        components.concat()
    );
    let checks = Checks {
        sources: true,
        ..Checks::default()
    };
    assert_messages("sources", &messages(folder.path(), &manifest, &checks));
}

#[test]
fn files_that_are_not_there_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("fine.wasm"),
        component(Some("wasi:http/handler@0.3.0")),
    )
    .unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    let manifest = r#"spin_manifest_version = 2
[application]
name = "todo"
[[trigger.http]]
route = "/"
component = "web"
[component.web]
source = "fine.wasm"
files = [
  "assets/**/*.png",
  "assets",
  "/etc/*",
  "../*",
  "assets/[",
  { source = "nowhere", destination = "/" },
  { source = "assets", destination = "relative" },
  { source = "assets", destination = "/a/../b" },
  { source = "assets", destination = "/fine" },
  { destination = "/" },
]
"#;
    let checks = Checks {
        sources: true,
        ..Checks::default()
    };
    assert_messages("files", &messages(folder.path(), manifest, &checks));
}

#[test]
fn required_variables_that_nobody_gives_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = r#"spin_manifest_version = 2
[application]
name = "todo"
[variables]
given = { required = true }
forgotten = { required = true, secret = true }
optional = { default = "" }
[[trigger.http]]
route = "/"
static_response = {}
"#;
    let provided = Some(["given".to_owned()].into());
    let checks = Checks {
        provided,
        ..Checks::default()
    };
    let seen = messages(folder.path(), manifest, &checks);
    assert_messages("values", &seen);

    let app = load(folder.path(), &Checks::default()).unwrap();
    let later = app
        .check_variables(&["given".to_owned()].into())
        .unwrap_err()
        .to_string();
    assert_eq!(
        later.replace(&format!("{}/", folder.path().display()), ""),
        seen
    );
    app.check_variables(&["given".to_owned(), "forgotten".to_owned()].into())
        .unwrap();
}

#[test]
fn a_manifest_that_is_not_there_or_not_text_is_reported() {
    let missing = load(Path::new("nowhere/spin.toml"), &Checks::default()).unwrap_err();
    let folder = load(Path::new("tests"), &Checks::default()).unwrap_err();
    let temporary = tempfile::tempdir().unwrap();
    let binary = temporary.path().join("binary.toml");
    std::fs::write(&binary, b"# fine\n\xff\n").unwrap();
    let binary = load(&binary, &Checks::default()).unwrap_err().to_string();
    let binary = binary.replace(&format!("{}/", temporary.path().display()), "");
    assert_messages("unreadable", &format!("{missing}\n{folder}\n{binary}"));
}
