//! `build`, `migrate`, `backup`, `restore` and `doctor`.

mod support;

use std::fs;

use support::Application;

#[test]
fn a_backup_made_while_serving_is_restored_after() {
    let application = Application::new();
    let up = application.up();
    assert!(
        application
            .run(&["backup", "before.dump"])
            .success()
            .contains("before.dump")
    );
    let text = application.run(&["backup", "before.dump"]).failure();
    assert!(text.contains("--force"), "{text}");
    let text = application.run(&["restore", "before.dump"]).failure();
    assert!(text.contains("in use by another spindrift"), "{text}");
    up.stop();

    application.write("migrations/0002_u.sql", "CREATE TABLE u (n int);");
    assert!(
        application
            .run(&["migrate"])
            .success()
            .contains("Applied 1 of 2")
    );
    let text = application.run(&["restore", "before.dump"]).success();
    assert!(text.contains("spindrift_before_restore"), "{text}");
    assert!(
        application
            .run(&["migrate"])
            .success()
            .contains("Applied 1 of 2"),
        "the backup was older"
    );
}

#[test]
fn a_backup_of_nothing_is_an_error() {
    let application = Application::new();
    let text = application.run(&["backup", "before.dump"]).failure();
    assert!(
        text.contains("no database") && text.contains("--state-dir"),
        "{text}"
    );
    assert!(!application.path("before.dump").exists());
}

#[test]
fn a_migration_that_fails_names_file_and_line() {
    let application = Application::new();
    application.write(
        "migrations/0002_u.sql",
        "CREATE TABLE u (n int);\nCREATE TABEL v (n int);",
    );
    let text = application.run(&["migrate"]).failure();
    assert!(
        text.contains("0002_u.sql:2:8") && text.contains("syntax error"),
        "{text}"
    );
}

#[test]
fn a_build_command_runs_once_and_a_failing_one_names_component_and_command() {
    let component = |id: &str, command: &str| {
        format!(
            "[[trigger.http]]\nroute = \"/{id}\"\ncomponent = \"{id}\"\n\
             [component.{id}]\nsource = \"{id}.wasm\"\n[component.{id}.build]\ncommand = \"{command}\"\n"
        )
    };
    let application = Application::with(&format!(
        "spin_manifest_version = 2\n[application]\nname = \"x\"\n{}{}{}",
        component("first", "echo built >> log"),
        component("second", "echo built >> log"),
        component("third", "exit 7")
    ));
    let text = application.run(&["build"]).failure();
    assert!(
        text.contains("\"third\"") && text.contains("`exit 7`") && text.contains("exit status: 7"),
        "{text}"
    );
    assert_eq!(
        fs::read_to_string(application.path("log")).expect("a log"),
        "built\n"
    );
    let text = application.run(&["build", "-c", "fourth"]).failure();
    assert!(
        text.contains("\"fourth\"") && text.contains("first, second, third"),
        "{text}"
    );
}

#[test]
fn the_doctor_finds_what_is_wrong_and_fails() {
    let application = Application::new();
    let report = application.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(report.code, Some(0), "{}", report.stdout);
    for subject in [
        "manifest",
        "PostgreSQL",
        "state folder",
        "port",
        "disk",
        "open files",
    ] {
        assert!(
            report.stdout.contains(subject),
            "{subject} is missing in: {}",
            report.stdout
        );
    }
    assert!(!application.path(".spindrift").exists(), "it only looks");

    application.write(
        "spin.toml",
        "spin_manifest_version = 2\n[application]\nname = 7\n",
    );
    let report = application.run(&["doctor", "--listen", "127.0.0.1:0"]);
    assert_eq!(report.code, Some(1));
    assert!(
        report.stdout.contains("fail  manifest"),
        "{}",
        report.stdout
    );
}

#[test]
fn a_database_that_is_not_there_is_an_error_without_its_password() {
    let application = Application::new();
    let text = application
        .run(&[
            "migrate",
            "--database-url",
            "postgres://me:hunter2@127.0.0.1:1/x",
        ])
        .failure();
    assert!(
        text.contains("127.0.0.1:1") && text.contains("Nothing listens there"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}
