//! Which pages may change things.

use anyhow::Context;
use reqwest::Method;
use serde_json::json;
use spindrift_tests::{Api, Database, Start};

use crate::{Result, todo};

const FOREIGN: &str = "https://evil.example";

async fn cookie(api: &Api) -> Result<String> {
    let person = api.sign_up().await?;
    let body = json!({"email": person.email, "password": person.password()});
    let answer = api.post("/api/auth/login", &body).send().await?.expect(200);
    Ok(format!(
        "access={}",
        answer.cookie("access").context("no cookie")?
    ))
}

#[tokio::test]
async fn a_write_by_cookie_comes_from_an_allowed_page_or_not_at_all() -> Result {
    let database = Database::new().await?;
    let start = Start::todo(&database).await?;
    let start = start.variable(
        "allowed_origins",
        "https://app.example, https://other.example",
    );
    let running = start.run().await?;
    let api = &running.api;
    let cookie = cookie(api).await?;
    let write = |origin: Option<&str>| {
        let call = api
            .post("/api/tasks", &json!({"title": "x"}))
            .header("cookie", &cookie);
        match origin {
            Some(origin) => call.header("origin", origin),
            None => call,
        }
    };
    let absent = write(None).send().await?;
    absent.problem(403, "origin-not-allowed");
    insta::assert_json_snapshot!("no_origin", absent.record());
    let foreign = write(Some(FOREIGN)).send().await?;
    foreign.problem(403, "origin-not-allowed");
    insta::assert_json_snapshot!("a_foreign_origin", foreign.record());
    for origin in [
        "null",
        "http://127.0.0.1:1",
        "https://app.example.evil.example",
        "",
    ] {
        write(Some(origin))
            .send()
            .await?
            .problem(403, "origin-not-allowed");
    }
    for origin in [
        api.url.as_str(),
        "https://app.example",
        "https://other.example",
    ] {
        write(Some(origin)).send().await?.expect(201);
    }
    // Reading changes nothing.
    api.get("/api/tasks")
        .header("cookie", &cookie)
        .header("origin", FOREIGN)
        .send()
        .await?
        .expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_write_by_cookie_is_checked() -> Result {
    let (running, database) = todo().await?;
    let cookie = cookie(&running.api).await?;
    let id = "0190a000-0000-7000-8000-000000000000";
    for (method, path) in [
        (Method::POST, "/api/tasks".to_owned()),
        (Method::PUT, format!("/api/tasks/{id}")),
        (Method::PATCH, format!("/api/tasks/{id}")),
        (Method::DELETE, format!("/api/tasks/{id}")),
        (Method::POST, format!("/api/tasks/{id}/complete")),
        (Method::POST, format!("/api/tasks/{id}/reopen")),
        (Method::PATCH, "/api/auth/me".to_owned()),
        (Method::POST, "/api/auth/logout".to_owned()),
    ] {
        for origin in [None, Some(FOREIGN)] {
            let call = running
                .api
                .call(method.clone(), &path)
                .header("cookie", &cookie);
            let call = match origin {
                Some(origin) => call.header("origin", origin),
                None => call,
            };
            let answer = call.send().await?;
            assert_eq!(
                answer.status,
                403,
                "{method} {path} {origin:?}: {}",
                answer.text()
            );
        }
    }
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_post_under_auth_refuses_foreign_pages_and_takes_programs() -> Result {
    let (running, _) = todo().await?;
    let api = &running.api;
    for (path, body) in [
        (
            "signup",
            json!({"email": "a@example.com", "password": "long enough"}),
        ),
        (
            "login",
            json!({"email": "a@example.com", "password": "long enough"}),
        ),
        ("refresh", json!({"refresh_token": "x"})),
        ("logout", json!({"refresh_token": "x"})),
    ] {
        let path = format!("/api/auth/{path}");
        let foreign = api
            .post(&path, &body)
            .header("origin", FOREIGN)
            .send()
            .await?;
        foreign.problem(403, "origin-not-allowed");
        assert_ne!(api.post(&path, &body).send().await?.status, 403, "{path}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_bearer_may_write_from_anywhere() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let write = person.post("/api/tasks", &json!({"title": "x"}));
    write.header("origin", FOREIGN).send().await?.expect(201);
    running.stop().await?;
    Ok(())
}
