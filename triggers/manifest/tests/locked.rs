//! What locked applications become.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spindrift_manifest::{App, Checks, Diagnostics, FileMount, Origin, load_locked};

/// As `spin up` writes it for an application with a trigger of each type.
fn locked() -> Value {
    json!({
        "spin_lock_version": 1,
        "must_understand": ["component_host_requirements"],
        "metadata": {
            "authors": ["Ada"],
            "description": "Each of them once",
            "name": "each",
            "origin": "file:///app/spin.toml",
            "triggers": { "kafka": { "brokers": "{{ brokers }}" }, "http": { "base": "/x" } },
            "version": "1.2.3"
        },
        "variables": {
            "brokers": { "default": "localhost:9092" },
            "token": { "secret": true, "description": "of the other side" }
        },
        "triggers": [
            {
                "id": "site",
                "trigger_type": "http",
                "trigger_config": { "component": "site", "route": "/..." }
            },
            {
                "id": "trigger--job",
                "trigger_type": "cron",
                "trigger_config": { "component": "job", "cron_expression": "0 * * * * *" }
            },
            {
                "id": "orders",
                "trigger_type": "kafka",
                "trigger_config": { "component": "on-order", "topics": ["orders"] }
            }
        ],
        "components": [
            {
                "id": "site",
                "metadata": { "allowed_outbound_hosts": ["http://job.spin.internal"] },
                "source": { "content_type": "application/wasm", "digest": "sha256:1" },
                "host_requirements": { "local_service_chaining": "required" }
            },
            {
                "id": "job",
                "metadata": {
                    "allowed_outbound_hosts": ["https://example.com"],
                    "key_value_stores": ["default"],
                    "databases": ["notes"],
                    "ai_models": [],
                    "build": { "command": "make" },
                    "description": "It is time"
                },
                "source": {
                    "content_type": "application/wasm",
                    "source": "file:///app/my%20job.wasm"
                },
                "env": { "MODE": "fast" },
                "files": [{ "source": "file:///tmp/spinup-1/assets/job", "path": "/" }],
                "config": { "token": "{{ token }}" }
            },
            {
                "id": "on-order",
                "source": {
                    "content_type": "application/wasm",
                    "source": "file:///app/on-order.wasm"
                }
            }
        ]
    })
}

fn read(document: &Value, kind: &str) -> Result<App, Diagnostics> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spin.lock");
    fs::write(&path, serde_json::to_vec_pretty(document).unwrap()).unwrap();
    load_locked(&path, Path::new("/app"), kind, &Checks::default())
}

fn mistakes(document: &Value, kind: &str) -> String {
    read(document, kind).unwrap_err().to_string()
}

#[test]
fn a_job_is_what_its_manifest_said_and_nothing_else_is_there() {
    let app = read(&locked(), "cron").unwrap();
    assert_eq!((app.name.as_str(), app.version.as_str()), ("each", "1.2.3"));
    assert_eq!(app.root, Path::new("/app"));
    assert!(app.http.is_empty() && app.kafka.is_empty());
    let [job] = &app.cron[..] else {
        panic!("not one job")
    };
    assert_eq!(
        (job.id.as_str(), job.name.as_str()),
        ("trigger--job", "job")
    );
    let ids: Vec<&String> = app.components.keys().collect();
    assert_eq!(ids, ["job"]);
    let component = &app.components["job"];
    assert_eq!(component.source, Path::new("/app/my job.wasm"));
    assert_eq!(component.description, "It is time");
    assert_eq!(component.environment["MODE"], "fast");
    assert_eq!(component.variables["token"].as_str(), "{{ token }}");
    assert_eq!(component.key_value_stores, ["default"]);
    assert_eq!(component.sqlite_databases, ["notes"]);
    assert_eq!(
        component.allowed_outbound_hosts[0].as_str(),
        "https://example.com"
    );
    assert_eq!(
        component.files,
        [FileMount::Placed {
            source: PathBuf::from("/tmp/spinup-1/assets/job"),
            destination: "/".to_owned(),
        }]
    );
    let token = &app.variables["token"];
    assert!(token.required && token.secret);
    assert_eq!(
        app.variables["brokers"].default.as_deref(),
        Some("localhost:9092")
    );
}

#[test]
fn dependencies_are_files_that_inherit_all_or_nothing() {
    let with = |inherits: [Value; 2]| {
        let dependency = |inherit: &Value| {
            json!({
                "source": { "content_type": "application/wasm", "source": "file:///app/d.wasm" },
                "export": null,
                "inherit": inherit,
            })
        };
        let mut document = locked();
        document["components"][1]["dependencies"] = json!({
            "a:b/c@1.0.0": dependency(&inherits[0]),
            "a:d": dependency(&inherits[1]),
        });
        document
    };
    for (inherit, expected) in [(json!("All"), true), (json!({ "Some": [] }), false)] {
        let app = read(&with([inherit.clone(), inherit]), "cron").unwrap();
        let component = &app.components["job"];
        assert_eq!(component.dependencies_inherit, expected);
        let dependencies = component.dependencies.iter();
        let names: Vec<String> = dependencies.clone().map(|d| d.name.to_string()).collect();
        assert_eq!(names, ["a:b/c@1.0.0", "a:d"]);
        for dependency in dependencies {
            assert_eq!(dependency.origin, Origin::File("/app/d.wasm".into()));
            assert_eq!(dependency.export, None);
        }
    }
    let mixed = with([json!("All"), json!({ "Some": [] })]);
    assert!(mistakes(&mixed, "cron").contains("components[1].dependencies: some of them"));
    let part = json!({ "Some": ["variables"] });
    let part = mistakes(&with([part.clone(), part]), "cron");
    assert!(part.contains("inherit: a part of what"), "{part}");
}

#[test]
fn settings_of_a_type_of_triggers_are_read_with_it() {
    let app = read(&locked(), "kafka").unwrap();
    assert_eq!(app.kafka[0].topics[0].name, "orders");
    assert_eq!(app.kafka[0].group, "each.on-order");
    assert_eq!(app.kafka_settings.brokers.as_str(), "{{ brokers }}");
    let connection = app.kafka_connection(&Default::default()).unwrap().unwrap();
    assert_eq!(connection.brokers, ["localhost:9092"]);
}

#[test]
fn a_mistake_of_the_document_is_told_by_its_path_and_line() {
    let mut none = locked();
    none["triggers"] = json!([]);
    let text = mistakes(&none, "cron");
    assert!(
        text.contains(": triggers: there is no trigger of the type `cron`"),
        "{text}"
    );
    for (path, value, said) in [
        ("/spin_lock_version", json!(7), "spin_lock_version: only"),
        ("/must_understand", json!(["magic"]), "must_understand[0]: "),
        (
            "/triggers/1/trigger_config",
            json!("x"),
            "triggers[1].trigger_config: expected a table",
        ),
        (
            "/components/1/id",
            json!(1),
            "components[1].id: expected a string",
        ),
        (
            "/components/1/source",
            json!({ "digest": "sha256:1" }),
            "components[1].source: names no",
        ),
        (
            "/components/1/source/source",
            json!("https://a/b"),
            "components[1].source.source: must be",
        ),
        (
            "/components/1/files/0/source",
            json!("/x"),
            "components[1].files[0].source: must be",
        ),
        (
            "/components/1/metadata/allowed_outbound_hosts",
            json!(["http://site.spin.internal"]),
            "components[1].metadata.allowed_outbound_hosts: `http://site.spin.internal`",
        ),
    ] {
        let mut document = locked();
        *document.pointer_mut(path).unwrap() = value;
        let text = mistakes(&document, "cron");
        assert!(text.contains(said), "{said} is not in:\n{text}");
        // A line of its own, not the document's first.
        assert!(
            text.contains("spin.lock:") && !text.contains("spin.lock:1:"),
            "{text}"
        );
    }
    let mut needs = locked();
    needs["components"][1]["host_requirements"] = json!({ "middleware": "required" });
    let text = mistakes(&needs, "cron");
    assert!(
        text.contains("components[1].host_requirements.middleware: `middleware` is required"),
        "{text}"
    );
}

#[test]
fn a_mistake_of_the_manifest_is_told_by_the_manifest_s_key() {
    let mut document = locked();
    document["triggers"][1]["trigger_config"]["cron_expression"] = json!("never");
    document["components"][1]["metadata"]["allowed_outbound_hosts"] = json!(["nowhere"]);
    let text = mistakes(&document, "cron");
    for key in [
        "trigger.cron[0].cron_expression: ",
        "component.job.allowed_outbound_hosts[0]: ",
    ] {
        assert!(text.contains(key), "{key} is not in:\n{text}");
    }
    document["triggers"][1]["trigger_config"] = json!({ "cron_expression": "0 * * * * *" });
    let text = mistakes(&document, "cron");
    assert!(
        text.contains("trigger.cron[0]: `component` is missing"),
        "{text}"
    );
}

#[test]
fn what_is_no_document_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spin.lock");
    let read = || load_locked(&path, folder.path(), "cron", &Checks::default());
    assert!(read().unwrap_err().to_string().contains("can't be read"));
    for (text, said) in [
        ("", "not valid JSON"),
        ("{\"a\": }", "not valid JSON"),
        ("[]", "expected a table"),
        ("{}", "`spin_lock_version` is missing"),
    ] {
        fs::write(&path, text).unwrap();
        let told = read().unwrap_err().to_string();
        assert!(told.contains(said), "{text}: {told}");
    }
}
