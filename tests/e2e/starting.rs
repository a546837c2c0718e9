//! What keeps the program from starting, in its own words.

use spindrift_tests::{Database, Ended, Start, scratch, workspace};

use crate::Result;

/// Standard error with this run's own paths, ports and numbers replaced.
fn words(ended: &Ended, replace: &[(&str, &str)]) -> String {
    let mut text = ended.stderr.clone();
    for (from, to) in replace {
        text = text.replace(from, to);
    }
    // Log records are for programs; the error is the part for people.
    let lines = text.lines().filter(|line| !line.starts_with('{'));
    lines.collect::<Vec<_>>().join("\n")
}

fn failed(ended: &Ended, replace: &[(&str, &str)]) -> String {
    assert_eq!(
        ended.status.code(),
        Some(1),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    words(ended, replace)
}

#[tokio::test]
async fn a_second_up_on_one_state_folder_says_so() -> Result {
    let running = Start::guests().await?.run().await?;
    let state = running.state();
    let state = state.canonicalize()?.display().to_string();
    let manifest = workspace()
        .join("tests/guests/spin.toml")
        .display()
        .to_string();
    let second = Start::command(&[
        "up",
        "--listen",
        "127.0.0.1:0",
        "--from",
        &manifest,
        "--state-dir",
        &state,
    ])?;
    let ended = second.end().await?;
    let pid = running.pid()?.to_string();
    let replace = [
        (state.as_str(), "[state]"),
        (running.api.url.as_str(), "[url]"),
        (pid.as_str(), "[pid]"),
    ];
    insta::assert_snapshot!("a_second_up", failed(&ended, &replace));
    running
        .api
        .get("/neighbour/hello")
        .send()
        .await?
        .expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_taken_port_is_named_with_the_way_to_another() -> Result {
    let running = Start::guests().await?.run().await?;
    let taken = running.api.url.trim_start_matches("http://").to_owned();
    let manifest = workspace()
        .join("tests/guests/spin.toml")
        .display()
        .to_string();
    let folder = scratch()?;
    let state = folder.path().join("state").display().to_string();
    let second = Start::command(&[
        "up",
        "--listen",
        &taken,
        "--from",
        &manifest,
        "--state-dir",
        &state,
    ])?;
    let ended = second.end().await?;
    let port: u16 = taken.rsplit(':').next().unwrap_or("").parse()?;
    let (port, next) = (port.to_string(), port.saturating_add(100).to_string());
    insta::assert_snapshot!(
        "a_taken_port",
        failed(&ended, &[(&port, "[port]"), (&next, "[another]")])
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_without_its_password() -> Result {
    let manifest = workspace().join("spin.toml").display().to_string();
    let database = Database::new().await?;
    for (name, url) in [
        (
            "nobody listens",
            "postgres://user:hunter2secret@127.0.0.1:1/app".to_owned(),
        ),
        (
            "a wrong password",
            format!(
                "postgres://postgres:hunter2secret@{}/{}",
                database.host, database.name
            ),
        ),
        (
            "no such database",
            database
                .superuser_url
                .replace(&database.name, "no_such_database"),
        ),
        ("not a url", "nonsense".to_owned()),
        (
            "not postgres",
            "mysql://user:hunter2secret@localhost/app".to_owned(),
        ),
    ] {
        let start = Start::command(&["up", "--listen", "127.0.0.1:0", "--from", &manifest])?;
        let state = start.state().display().to_string();
        let start = start
            .args(&["--state-dir", &state])
            .env("DATABASE_URL", &url);
        let ended = start.end().await?;
        let text = failed(&ended, &[(&database.host, "[host]"), (&state, "[state]")]);
        assert!(!ended.stderr.contains("hunter2secret"), "{text}");
        let name = name.replace(' ', "_");
        insta::assert_snapshot!(format!("DATABASE_URL_{name}"), text);
    }
    Ok(())
}

#[tokio::test]
async fn a_missing_variable_is_named_with_the_ways_to_give_it() -> Result {
    let folder = scratch()?;
    let wasm = workspace().join("target/wasm32-wasip2/function/hostile.wasm");
    let manifest = folder.path().join("spin.toml");
    std::fs::write(
        &manifest,
        format!(
            "spin_manifest_version = 2\n[application]\nname = \"x\"\n[variables]\nkey = {{ required = true }}\n\
             [[trigger.http]]\nroute = \"/...\"\ncomponent = \"a\"\n[component.a]\nsource = \"{}\"\n",
            wasm.display()
        ),
    )?;
    let manifest = manifest.display().to_string();
    let start = Start::command(&["up", "--listen", "127.0.0.1:0", "--from", &manifest])?;
    let ended = start.end().await?;
    let place = folder.path().display().to_string();
    insta::assert_snapshot!(
        "a_missing_variable",
        failed(&ended, &[(&place, "[folder]")])
    );
    let ended = start.args(&["--variable", "kez=1"]).end().await?;
    insta::assert_snapshot!(
        "a_misspelt_variable",
        failed(&ended, &[(&place, "[folder]")])
    );
    Ok(())
}

#[tokio::test]
async fn every_mistake_in_a_manifest_is_reported_in_one_run() -> Result {
    let folder = scratch()?;
    let manifest = folder.path().join("spin.toml");
    std::fs::write(
        &manifest,
        r#"spin_manifest_version = 2
[application]
name = "x"
colour = "red"

[[trigger.http]]
route = "/a/..."
component = "one"

[[trigger.http]]
route = "a//b"
component = "tvo"

[[trigger.http]]
route = "/a/..."
component = "two"

[component.one]
source = "missing.wasm"
allowed_outbound_host = []

[component.two]
source = "not-wasm.wasm"
[component.two.variables]
key = "{{ nowhere }}"
[component.two.tool.spindrift.limits]
memory = "much"
"#,
    )?;
    std::fs::write(folder.path().join("not-wasm.wasm"), "this is text")?;
    let manifest = manifest.display().to_string();
    let ended = Start::command(&["up", "--from", &manifest])?.end().await?;
    let place = folder.path().display().to_string();
    insta::assert_snapshot!(
        "a_manifest_full_of_mistakes",
        failed(&ended, &[(&place, "[folder]")])
    );
    assert!(
        !folder.path().join(".spindrift").exists(),
        "nothing was begun"
    );
    Ok(())
}

#[tokio::test]
async fn a_manifest_that_is_absent_or_no_toml_is_named() -> Result {
    let folder = scratch()?;
    let place = folder.path().display().to_string();
    let missing = folder
        .path()
        .join("nowhere/spin.toml")
        .display()
        .to_string();
    let ended = Start::command(&["up", "--from", &missing])?.end().await?;
    insta::assert_snapshot!("no_manifest", failed(&ended, &[(&place, "[folder]")]));
    std::fs::write(
        folder.path().join("spin.toml"),
        "spin_manifest_version = 2\n[application\n",
    )?;
    let ended = Start::command(&["up", "--from", &place])?.end().await?;
    insta::assert_snapshot!("no_toml", failed(&ended, &[(&place, "[folder]")]));
    Ok(())
}

#[tokio::test]
async fn serve_compiles_starts_and_makes_up_nothing() -> Result {
    let place = workspace().display().to_string();
    let manifest = format!("{place}/spin.toml");
    let start = Start::command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "off",
        "--from",
        &manifest,
    ])?;
    let state = start.state().display().to_string();
    let start = start.args(&["--state-dir", &state]);
    let replace = [(state.as_str(), "[state]"), (place.as_str(), "[workspace]")];
    let ended = start.end().await?;
    insta::assert_snapshot!("serve_without_a_database", failed(&ended, &replace));
    let database = Database::new().await?;
    let start = start.env("DATABASE_URL", &database.superuser_url);
    let ended = start.end().await?;
    insta::assert_snapshot!("serve_without_a_key", failed(&ended, &replace));
    let ended = start
        .variable("jwt_key", spindrift_tests::tokens::SEED)
        .end()
        .await?;
    let text = failed(&ended, &replace);
    insta::assert_snapshot!("serve_without_compiled_code", text);
    Ok(())
}
