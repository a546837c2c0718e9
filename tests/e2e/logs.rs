//! Logs: one line a request, and no secret in any.

use anyhow::Context;
use serde_json::{Value, json};
use spindrift_tests::{Start, until};

use crate::{Result, todo};

#[tokio::test]
async fn each_request_has_one_line_with_what_matters() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let id = "one-line";
    person
        .get("/api/tasks/0190a000-0000-7000-8000-000000000000?x=secret")
        .header("x-request-id", id)
        .send()
        .await?;
    let record = running
        .record("the request's line", |record| {
            record["request_id"] == id && record["target"] == "http"
        })
        .await?;
    for (name, value) in [
        ("level", json!("INFO")),
        ("message", json!("request")),
        ("method", json!("GET")),
        (
            "path",
            json!("/api/tasks/0190a000-0000-7000-8000-000000000000"),
        ),
        ("route", json!("/api/tasks/...")),
        ("function", json!("tasks")),
        ("status", json!(404)),
    ] {
        assert_eq!(record[name], value, "{name} in {record}");
    }
    assert!(record["duration_ms"].as_f64() > Some(0.0), "{record}");
    assert!(
        record["timestamp"].is_string() && record["bytes"].as_u64() > Some(0),
        "{record}"
    );
    let lines = running
        .records()
        .into_iter()
        .filter(|record| record["request_id"] == id && record["target"] == "http");
    assert_eq!(lines.count(), 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn logs_are_json_lines_from_the_first_to_the_last() -> Result {
    let running = Start::private_todo().await?.run().await?;
    running.api.get("/health").send().await?.expect(200);
    running
        .api
        .get("/nowhere")
        .send()
        .await?
        .problem(404, "not-found");
    let log = running.log();
    assert!(log.lines().count() > 1);
    for line in log.lines() {
        let record: Value =
            serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        assert!(record["level"].is_string(), "{line}");
    }
    let out = running.stdout();
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(
        out.starts_with("Serving todo on http://127.0.0.1:") && out.contains(" (ready in "),
        "{out}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn one_trace_leads_from_a_request_to_what_its_events_do() -> Result {
    let (running, _database) = todo().await?;
    let person = running.api.sign_up().await?;
    let call = person.post("/api/tasks", &json!({"title": "x"}));
    let call = call.header("x-request-id", "clicked");
    call.send().await?.expect(201);
    let clicked = |record: &Value| record["request_id"] == "clicked" && record["target"] == "http";
    let trace = running.record("the request", clicked).await?["trace_id"].clone();
    assert_eq!(trace.as_str().map(str::len), Some(32));
    for function in ["audit", "notify"] {
        let handled = |record: &Value| {
            record["target"] == "event"
                && record["function"] == function
                && record["trace_id"] == trace
        };
        running.record("the event's line", handled).await?;
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_secret_is_ever_in_the_log() -> Result {
    // Everything that any part of the program has to say.
    let start = Start::private_todo().await?.log_level("trace");
    let running = start.run().await?;
    let person = running.api.sign_up().await?;
    let mut secrets = vec![
        person.password().to_owned(),
        person.token.clone().context("no token")?,
    ];
    let login = json!({"email": person.email, "password": person.password(), "transport": "token"});
    let signed_in = running
        .api
        .post("/api/auth/login", &login)
        .send()
        .await?
        .expect(200)
        .json();
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    let refreshed = running
        .api
        .post("/api/auth/refresh", &refresh)
        .send()
        .await?
        .expect(200)
        .json();
    for answer in [&signed_in, &refreshed] {
        for name in ["access_token", "refresh_token"] {
            secrets.push(answer[name].as_str().context("no token")?.to_owned());
        }
    }
    let login = json!({"email": person.email, "password": person.password()});
    let by_cookie = running
        .api
        .post("/api/auth/login", &login)
        .send()
        .await?
        .expect(200);
    secrets.extend(
        ["access", "refresh"].map(|name| by_cookie.cookie(name).unwrap_or("no cookie").to_owned()),
    );
    let cookie = format!("access={}", by_cookie.cookie("access").unwrap_or(""));
    running
        .api
        .get("/api/auth/me")
        .header("cookie", &cookie)
        .send()
        .await?
        .expect(200);
    person.task(&json!({"title": "a private matter"})).await?;
    person
        .post(
            "/api/tasks",
            &json!({"title": "a private matter", "priority": 9}),
        )
        .send()
        .await?
        .problem(422, "invalid-fields");
    person.tasks("?q=private+words").await?;
    running.api.get("/health?token=in-the-query").send().await?;
    let wrong = json!({"email": person.email, "password": "a wrong password"});
    running
        .api
        .post("/api/auth/login", &wrong)
        .send()
        .await?
        .problem(401, "wrong-credentials");
    secrets.extend(
        [
            "a private matter",
            "private+words",
            "in-the-query",
            "a wrong password",
            "$argon2id$",
        ]
        .map(str::to_owned),
    );
    for entry in std::fs::read_dir(running.state().join("secrets"))? {
        secrets.push(std::fs::read_to_string(entry?.path())?.trim().to_owned());
    }
    secrets.push(spindrift_tests::tokens::SEED.to_owned());
    until("the last line", async || {
        running
            .log()
            .contains("in-the-query")
            .then_some(())
            .or_else(|| running.log().contains("/api/auth/login").then_some(()))
    })
    .await?;
    let (log, out) = (running.log(), running.stdout());
    for secret in &secrets {
        for (place, text) in [("log", &log), ("output", &out)] {
            let line = text.lines().find(|line| line.contains(secret.as_str()));
            assert!(
                line.is_none(),
                "a secret ({secret}) is in the {place}: {line:?}"
            );
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn quiet_says_what_went_wrong_and_where_it_serves() -> Result {
    let running = Start::guests()
        .await?
        .args(&["--quiet"])
        .log_level("warn")
        .run()
        .await?;
    running
        .api
        .get("/neighbour/hello")
        .send()
        .await?
        .expect(200);
    assert_eq!(running.log(), "");
    assert!(running.stdout().starts_with("Serving guests on "));
    running
        .api
        .get("/neighbour/panic")
        .send()
        .await?
        .problem(500, "function-failed");
    running
        .record("the failure", |record| record["level"] == "ERROR")
        .await?;
    running.stop().await?;
    Ok(())
}
