//! `serve` as a pod runs it.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, ensure};
use rustix::process::Signal;
use serde_json::json;
use spindrift_tests::{Database, Start, scratch, tokens, until, workspace};

use crate::Result;

fn todo() -> PathBuf {
    workspace().join("spin.toml")
}

#[tokio::test]
async fn a_process_needs_what_its_components_use_and_no_more() -> Result {
    let docs = Start::serving(&todo()).await?;
    let docs = docs.args(&["--component", "docs"]).run().await?;
    docs.api.get("/api/openapi.json").send().await?.expect(200);
    docs.api
        .get("/api/tasks")
        .send()
        .await?
        .problem(404, "not-found");
    docs.stop().await?;

    let tasks = Start::serving(&todo())
        .await?
        .env("SPINDRIFT_COMPONENTS", "tasks,docs");
    let ended = tasks.end().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    let error = &ended.stderr;
    let said =
        "error: the components tasks, docs need a database, and `spindrift serve` starts none";
    assert!(error.contains(said), "{error}");
    assert!(
        error.contains("SPIN_VARIABLE_APP_DATABASE_URL, SPIN_VARIABLE_DATABASE_HOST)"),
        "{error}"
    );

    let database = Database::new().await?;
    let tasks = tasks
        .variable("app_database_url", &database.app_url)
        .variable("database_host", &database.host);
    let error = tasks.end().await?.stderr;
    assert!(
        error.contains("variables.jwt_key: required") && !error.contains("worker_database_url"),
        "{error}"
    );
    let running = tasks.variable("jwt_key", tokens::SEED).run().await?;
    running
        .api
        .get("/api/tasks")
        .send()
        .await?
        .problem(401, "not-signed-in");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_relay_needs_the_outbox_alone() -> Result {
    let database = Database::new().await?;
    let manifest = todo().display().to_string();
    let relay = Start::command(&["relay", "--from", &manifest, "--admin-listen", "off"])?
        .args(&["--deliver", "http://127.0.0.1:1"])
        .variable("worker_database_url", &database.worker_url);
    relay.run().await?.stop().await?;
    Ok(())
}

#[tokio::test]
async fn probes_come_in_where_requests_do_only_when_they_are_asked_for() -> Result {
    let with = Start::serving(&todo())
        .await?
        .args(&["--component", "docs"]);
    let running = with.env("SPINDRIFT_PROBES", "true").run().await?;
    let ready = running.api.get("/_spindrift/readyz").send().await?;
    assert_eq!(ready.expect(200).text(), "ready\n");
    running
        .api
        .get("/_spindrift/metrics")
        .send()
        .await?
        .problem(404, "not-found");
    // Nobody's request, so nothing that is logged: not as what a stranger tries is.
    assert_eq!(
        running
            .records()
            .iter()
            .filter(|line| line["path"] == "/_spindrift/readyz")
            .count(),
        0
    );
    let start = running.stop().await?;
    let running = start.env("SPINDRIFT_PROBES", "false").run().await?;
    running
        .api
        .get("/_spindrift/readyz")
        .send()
        .await?
        .problem(404, "not-found");
    let request = |line: &serde_json::Value| line["target"] == "http";
    running.record("the request's line", request).await?;
    assert_eq!(running.records().into_iter().filter(request).count(), 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_process_that_stops_says_so_before_it_refuses_connections() -> Result {
    let start = Start::serving(&todo()).await?.args(&[
        "--component",
        "docs",
        "--probes",
        "--shutdown-delay",
        "2s",
    ]);
    let running = start.run().await?;
    let admin = running.admin().await?;
    running.signal(Signal::TERM)?;
    until("word that it stops", async || {
        let answer = running.api.nobody().get("/_spindrift/readyz").send().await;
        let answer = answer.ok()?;
        (answer.status == 503 && answer.text() == "stopping\n").then_some(())
    })
    .await?;
    assert_eq!(
        admin.get("/readyz").send().await?.expect(503).text(),
        "stopping\n"
    );
    let url = running.api.url.clone();
    let fresh = spindrift_tests::Api::new(&url);
    fresh.get("/api/openapi.json").send().await?.expect(200);
    let (status, _) = running.ended().await?;
    ensure!(status.success(), "{status}");
    assert!(fresh.get("/api/openapi.json").send().await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_trace_goes_on_to_the_function_and_into_the_log() -> Result {
    let running = Start::guests().await?.run().await?;
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let parent = format!("00-{trace}-00f067aa0ba902b7-01");
    let call = running.api.get("/probe/headers");
    let call = call
        .header("traceparent", &parent)
        .header("x-request-id", "traced");
    let seen = call.send().await?.expect(200).text();
    assert!(seen.contains(&format!("traceparent: {parent}")), "{seen}");
    assert!(seen.contains("x-request-id: traced"), "{seen}");
    let line = |id: &'static str| {
        running.record("the request's line", move |record| {
            record["request_id"] == id && record["target"] == "http"
        })
    };
    assert_eq!(line("traced").await?["trace_id"], trace);
    // Without a valid one, the request begins a trace.
    let call = running.api.get("/probe/headers");
    let call = call
        .header("traceparent", "00-x-y-z")
        .header("x-request-id", "untraced");
    let seen = call.send().await?.expect(200).text();
    let begun = line("untraced").await?["trace_id"].clone();
    let begun = begun.as_str().context("no trace")?;
    assert!(
        seen.contains(&format!("traceparent: 00-{begun}-")),
        "{seen}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn behind_a_proxy_a_function_sees_what_the_caller_asked_for() -> Result {
    let guests = workspace().join("tests/guests/spin.toml");
    let start = Start::serving(&guests).await?.args(&[
        "--component",
        "probe",
        "--behind-proxy",
        "--trusted-proxies",
        "private",
    ]);
    let running = start.run().await?;
    let call = running.api.get("/probe/headers?x=1");
    let call = call
        .header("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.0.0.7")
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "todo.example");
    let seen = call.send().await?.expect(200).text();
    for line in [
        "spin-client-addr: 203.0.113.9",
        "spin-full-url: https://todo.example/probe/headers?x=1",
    ] {
        assert!(seen.contains(line), "{line} is not in {seen}");
    }
    running.stop().await?;
    Ok(())
}

/// Every file and folder, and when it changed.
fn tree(folder: &Path) -> Result<BTreeMap<PathBuf, SystemTime>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        found.insert(folder.clone(), fs::metadata(&folder)?.modified()?);
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            match path.is_dir() {
                true => folders.push(path),
                false => drop(found.insert(path.clone(), fs::metadata(&path)?.modified()?)),
            }
        }
    }
    Ok(found)
}

#[tokio::test]
async fn serving_writes_nothing() -> Result {
    let folder = scratch()?;
    let root = folder.path().join("app");
    fs::create_dir(&root)?;
    fs::write(root.join("note.txt"), "a note")?;
    let wasm = workspace().join("target/wasm32-wasip2/function/probe.wasm");
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"x\"\n[[trigger.http]]\nroute = \"/...\"\n\
         component = \"probe\"\n[component.probe]\nsource = \"{}\"\nfiles = [\"*.txt\"]\n",
        wasm.display()
    );
    fs::write(root.join("spin.toml"), manifest)?;
    let (from, state) = (root.display().to_string(), root.join("state"));
    let state = state.display().to_string();
    let place = ["--from", &from, "--state-dir", &state];
    let built = Start::command(&["build"])?.args(&place).end().await?;
    ensure!(built.status.success(), "{}", built.stderr);

    let before = tree(&root)?;
    let writable = |mode| {
        let mut folders = before.keys().filter(|path| path.is_dir());
        folders.try_for_each(|path| fs::set_permissions(path, Permissions::from_mode(mode)))
    };
    writable(0o555)?;
    let serve = Start::command(&["serve", "--listen", "127.0.0.1:0", "--admin-listen", "off"])?;
    let running = serve.args(&place).run().await?;
    let answer = running.api.get("/read?/note.txt").send().await?;
    assert_eq!(answer.expect(200).text(), "a note");
    running.stop().await?;
    writable(0o755)?;
    assert_eq!(tree(&root)?, before);
    Ok(())
}

#[tokio::test]
async fn only_events_reach_a_function_under_the_path_of_events() -> Result {
    let folder = scratch()?;
    let wasm = workspace().join("target/wasm32-wasip2/function/probe.wasm");
    let manifest = format!(
        "spin_manifest_version = 2\n[application]\nname = \"x\"\n[[trigger.http]]\nroute = \"/...\"\n\
         component = \"probe\"\n[component.probe]\nsource = \"{}\"\n",
        wasm.display()
    );
    fs::write(folder.path().join("spin.toml"), manifest)?;
    let from = folder.path().display().to_string();
    let up = Start::command(&["up", "--listen", "127.0.0.1:0", "--from", &from])?;
    let running = up.run().await?;
    running.api.get("/headers").send().await?.expect(200);
    for path in [
        "/_events/headers",
        "//_events/headers",
        "/_spindrift/headers",
    ] {
        let answer = running.api.post(path, &json!({})).send().await?;
        answer.problem(404, "not-found");
    }
    running.stop().await?;
    Ok(())
}
