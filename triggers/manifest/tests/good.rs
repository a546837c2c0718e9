//! What a right manifest becomes.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use spindrift_manifest::{
    AllowedHosts, App, Build, Checks, Concurrency, FileMount, HttpTarget, Limits, Route, load,
};

fn app() -> App {
    load(Path::new("tests/good/spin.toml"), &Checks::default()).unwrap()
}

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_manifest_is_read_whole() {
    let app = app();
    assert_eq!(app.root, Path::new("tests/good"));
    assert_eq!((app.name.as_str(), app.version.as_str()), ("todo", "0.1.0"));
    assert_eq!(app.description, "Tasks of several people");
    assert!(app.variables["jwt_key"].required && app.variables["jwt_key"].secret);
    assert_eq!(
        app.variables["allowed_origins"].default.as_deref(),
        Some("")
    );
    assert_eq!(app.variables["app_database_url"].line, 11);

    let tasks = &app.components["tasks"];
    assert_eq!(tasks.source, Path::new("tests/good/target/tasks.wasm"));
    assert_eq!(
        tasks.variables["database_url"].as_str(),
        "{{ app_database_url }}"
    );
    assert_eq!(tasks.environment["LEVEL"], "info");
    assert_eq!(tasks.key_value_stores, ["default", "my_store"]);
    assert_eq!(
        tasks.files,
        [
            FileMount::Glob("*.toml".to_owned()),
            FileMount::Placed {
                source: PathBuf::from("tests/good/migrations"),
                destination: "/sql".to_owned()
            }
        ]
    );
    assert_eq!(tasks.exclude_files, ["*.bak"]);
    assert_eq!(tasks.sqlite_databases, ["default"]);
    assert_eq!(tasks.ai_models, ["llama3.2:1b"]);
    let Some(Build {
        commands,
        workdir,
        watch,
    }) = &tasks.build
    else {
        panic!("no build")
    };
    assert_eq!(commands, &["make clean", "make"]);
    assert_eq!(workdir, Path::new("tests/good/migrations"));
    assert_eq!(watch, &["**/*.rs"]);
    assert_eq!(
        tasks.settings.limits,
        Limits {
            memory: Some(64 << 20),
            retire_memory: Some(48_000_000),
            request_timeout: Some(Duration::from_secs(30)),
            cpu_time: Some(Duration::from_millis(500)),
            concurrency: Some(Concurrency::Cores),
            queue: Some(0),
            queue_timeout: Some(Duration::from_secs(120)),
            request_body: Some(1_048_576),
            table_elements: Some(5000),
            outbound_requests: Some(8),
            log: Some(65_536),
            reuse: Some(1000),
        }
    );
    assert_eq!(app.components["web"].settings.limits, Limits::default());

    let database = app.settings.database.unwrap();
    assert_eq!(database.migrations, Path::new("tests/good/migrations"));
    assert_eq!(database.host_variable.as_deref(), Some("database_host"));
    assert_eq!(
        database.outbox_variable.as_deref(),
        Some("worker_database_url")
    );
    assert_eq!(database.roles["app_database_url"], "spindrift_app");
    assert_eq!(app.settings.generated["jwt_key"], 32);
}

#[test]
fn triggers_keep_their_order_and_name_who_answers() {
    let app = app();
    let seen = app.http.iter().map(|trigger| {
        let target = match &trigger.target {
            HttpTarget::Component(id) => id.clone(),
            HttpTarget::Static(response) => format!("{} {}", response.status, response.body),
        };
        (
            trigger.id.as_str(),
            trigger.route.as_ref().map(Route::as_str),
            target,
        )
    });
    let expected = [
        ("trigger-http-0", Some("/base/api/tasks/..."), "tasks"),
        ("trigger-http-1", Some("/base"), "200 hello"),
        ("two", None, "tasks"),
        (
            "trigger-http-3",
            Some("/base/web"),
            "trigger-http-3-component",
        ),
        ("trigger-http-4", Some("/base/old"), "308 "),
    ];
    let expected = expected.map(|(id, route, target)| (id, route, target.to_owned()));
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(app.components["trigger-http-3-component"].source_line, 46);
    let HttpTarget::Static(moved) = &app.http[4].target else {
        panic!("not static")
    };
    assert_eq!(moved.headers["location"], "/base/web");
}

#[test]
fn the_folder_stands_for_its_manifest() {
    let app = load(Path::new("tests/good"), &Checks::default()).unwrap();
    assert_eq!(app.manifest, Path::new("tests/good/spin.toml"));
}

#[test]
fn values_go_before_defaults() {
    let given = values(&[
        ("app_database_url", "postgres://a"),
        ("worker_database_url", "unused"),
        ("database_host", "127.0.0.1:5433"),
        ("jwt_key", "k"),
        ("unheard_of", "x"),
    ]);
    let expanded = app().expand("tasks", &given).unwrap();
    assert_eq!(expanded.variables["database_url"], "postgres://a");
    assert_eq!(expanded.variables["origins"], "");
    assert_eq!(
        expanded.allowed_outbound_hosts[0],
        "postgres://127.0.0.1:5433"
    );
    let hosts = AllowedHosts::parse(&expanded.allowed_outbound_hosts).unwrap();
    assert!(hosts.check("postgres", "127.0.0.1", 5433));

    let mut other = given;
    other.insert("allowed_origins".to_owned(), "https://a".to_owned());
    let expanded = app().expand("tasks", &other).unwrap();
    assert_eq!(expanded.variables["origins"], "https://a");
}

#[test]
fn components_need_the_variables_that_their_templates_name() {
    let app = app();
    let named: Vec<&str> = app.variables_of(["tasks"]).into_iter().collect();
    assert_eq!(
        named,
        [
            "allowed_origins",
            "app_database_url",
            "database_host",
            "jwt_key"
        ]
    );
    let web = "trigger-http-3-component";
    assert!(app.variables_of([web]).is_empty());
    app.check_variables_of([web], &[].into()).unwrap();
    let error = app.check_variables_of(["tasks", web], &["jwt_key".to_owned()].into());
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("variables.app_database_url: required")
            && error.contains("variables.database_host: required")
            && error.contains("2 mistakes"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_with_values_is_said_without_the_values() {
    let given = values(&[
        ("app_database_url", "postgres://me:hunter2@db"),
        ("database_host", "me:hunter2@db"),
    ]);
    let error = app().expand("tasks", &given).unwrap_err().to_string();
    assert_eq!(
        error,
        "tests/good/spin.toml:53: component.tasks.allowed_outbound_hosts[0]: \
         `postgres://{{ database_host }}` is malformed once expanded: it holds credentials: \
         leave out everything up to the `@`, the list names servers alone\n\
         tests/good/spin.toml:66: component.tasks.variables.jwt_key: variable `jwt_key` has no \
         value: give it one with `--variable jwt_key=...`\n\
         2 mistakes in tests/good/spin.toml"
    );
    let unknown = app().expand("taks", &given).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "tests/good/spin.toml: no component is called `taks`"
    );
}

#[test]
fn values_stay_out_of_debug_output() {
    let given = values(&[
        ("app_database_url", "hunter2"),
        ("database_host", "localhost"),
        ("jwt_key", "hunter2"),
    ]);
    let expanded = app().expand("tasks", &given).unwrap();
    assert!(!format!("{expanded:?}").contains("hunter2"));
}

#[test]
fn a_denied_host_comes_with_the_line_that_would_allow_it() {
    let denied =
        AllowedHosts::default().denied(&app().components["tasks"], "https", "api.example.com", 443);
    assert_eq!(
        denied.to_string(),
        "component \"tasks\" may not reach https://api.example.com; allow it in spin.toml:\n\n\
         [component.tasks]\n\
         allowed_outbound_hosts = [\"postgres://{{ database_host }}\", \"https://*.example.org\", \
         \"https://api.example.com\"]"
    );
    let denied =
        AllowedHosts::default().denied(&app().components["web"], "HTTP", "::1", Some(8080));
    assert!(
        denied
            .to_string()
            .ends_with("allowed_outbound_hosts = [\"http://[::1]:8080\"]")
    );
}
