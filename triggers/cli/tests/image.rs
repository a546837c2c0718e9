//! `build --image`.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use spindrift_test_registry::{Registry, skipped};
use support::Application;

/// "ada" and "correct horse".
const HTPASSWD: &str = "ada:$2a$05$pcR4ah3bfFz7jMXjdNHR6O0.cZmSxiyLflJubZEB0roQCGj.GLqoW\n";

/// Keeps ada's password for the host in its own file `.host`.
const HELPER: &str = r#"#!/bin/sh
read -r host || true
[ "$1 $host" = "get $(cat "$0.host")" ] && echo '{"Username":"ada","Secret":"correct horse"}'
"#;

/// What images call this machine's platform.
const PLATFORM: &str = if cfg!(target_arch = "x86_64") {
    "linux/amd64"
} else {
    "linux/arm64"
};

#[test]
fn an_image_is_pushed_with_a_helpers_credentials_and_its_digest_is_all_that_is_printed() {
    if skipped() {
        return;
    }
    let application = Application::new();
    application.write("htpasswd", HTPASSWD);
    let registry = Registry::closed(&application.path("htpasswd")).expect("a registry");
    application.write("docker-credential-here", HELPER);
    let executable = Permissions::from_mode(0o755);
    fs::set_permissions(application.path("docker-credential-here"), executable).expect("mode");
    application.write("docker-credential-here.host", &registry.address);
    application.write("config.json", r#"{"credsStore":"here"}"#);

    let name = format!("{}/team/fixed", registry.address);
    let push = || {
        let path = std::env::var("PATH").expect("PATH");
        let output = application
            .command(&["build", "--image", &name, "--quiet"])
            .env("PATH", format!("{}:{path}", application.path("").display()))
            .env("DOCKER_CONFIG", application.path(""))
            .env_remove("REGISTRY_AUTH_FILE")
            .output()
            .expect("it runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let printed = push();
    let digest = printed
        .strip_prefix(&format!("{name}@sha256:"))
        .expect("the name");
    assert_eq!((digest.trim_end().len(), printed.lines().count()), (64, 1));
    assert_eq!(push(), printed, "the same again");
}

#[test]
fn who_may_not_push_is_told_where_credentials_were_looked_for() {
    if skipped() {
        return;
    }
    let application = Application::new();
    application.write("htpasswd", HTPASSWD);
    let registry = Registry::closed(&application.path("htpasswd")).expect("a registry");
    let name = format!("{}/fixed", registry.address);
    let refused = |password: Option<&str>| {
        let mut command = application.command(&["build", "--image", &name]);
        command.env("REGISTRY_AUTH_FILE", application.path("none.json"));
        if let Some(password) = password {
            command
                .env("SPINDRIFT_REGISTRY_USER", "ada")
                .env("SPINDRIFT_REGISTRY_PASSWORD", password);
        }
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let text = refused(None);
    assert!(
        text.contains("none.json") && text.contains("docker login"),
        "{text}"
    );
    let text = refused(Some("guessed"));
    assert!(
        text.contains("\"ada\"") && text.contains("SPINDRIFT_REGISTRY_PASSWORD"),
        "{text}"
    );
    assert!(!text.contains("guessed"), "{text}");
}

#[test]
fn a_program_that_is_given_makes_the_same_image_and_one_for_another_platform_none() {
    let application = Application::new();
    let program = env!("CARGO_BIN_EXE_spindrift");
    let build = |binary: &[&str], output: &str| {
        let image = [
            "build",
            "--image",
            "registry.example/fixed:1",
            "--output",
            output,
        ];
        application.run(&[&image, binary].concat())
    };
    let own = build(&[], "own.tar").success();
    let given = build(&["--binary", &format!("{PLATFORM}={program}")], "given.tar").success();
    assert_eq!(own, given);
    let read = |name: &str| fs::read(application.path(name)).expect("an archive");
    assert!(read("own.tar") == read("given.tar"), "the archives differ");

    let other = ["linux/amd64", "linux/arm64"]
        .into_iter()
        .find(|other| *other != PLATFORM);
    let other = format!("{}={program}", other.expect("another"));
    let text = build(&["--binary", &other], "other.tar").failure();
    assert!(text.contains(&format!("is for {PLATFORM}")), "{text}");
}
