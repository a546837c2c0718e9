//! What any request may have wrong with it, and what every answer carries.

use reqwest::Method;
use serde_json::json;

use crate::{Result, todo};

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_with_the_place() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let bodies: [(&str, &[u8]); 6] = [
        ("nothing", b""),
        ("half", b"{\"title\":"),
        ("two documents", b"{} {}"),
        ("single quotes", b"{'title': 'x'}"),
        ("no utf-8", b"{\"title\": \"\xff\"}"),
        ("a lone surrogate", b"{\"title\": \"\\ud800\"}"),
    ];
    for (name, body) in bodies {
        for (method, path) in [
            (Method::POST, "/api/tasks"),
            (Method::POST, "/api/auth/login"),
            (Method::PATCH, "/api/auth/me"),
        ] {
            let call = person
                .call(method, path)
                .header("content-type", "application/json")
                .body(body);
            let answer = call.send().await?;
            answer.problem(400, "malformed-body");
            insta::assert_json_snapshot!(
                format!("a_body_of_{}", name.replace(' ', "_")),
                answer.record()
            );
        }
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_is_refused() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ] {
        let call = person
            .call(Method::POST, "/api/tasks")
            .header("content-type", content_type);
        let answer = call.body("{\"title\":\"x\"}").send().await?;
        answer.problem(415, "unsupported-media-type");
        insta::assert_json_snapshot!("not_json", answer.record());
    }
    let none = person
        .call(Method::POST, "/api/tasks")
        .body("{\"title\":\"x\"}")
        .send()
        .await?;
    none.problem(415, "unsupported-media-type");
    for content_type in [
        "application/json; charset=UTF-8",
        "application/merge-patch+json",
    ] {
        let call = person
            .call(Method::POST, "/api/tasks")
            .header("content-type", content_type);
        call.body("{\"title\":\"x\"}").send().await?.expect(201);
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_announced_or_not() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let large = vec![b' '; (2 << 20) + 1];
    let call = || {
        person
            .call(Method::POST, "/api/tasks")
            .header("content-type", "application/json")
    };
    let announced = call().body(large.clone()).send().await?;
    announced.problem(413, "body-too-large");
    insta::assert_json_snapshot!("a_large_body", announced.record());
    let pieces = futures::stream::iter(
        large
            .chunks(64 << 10)
            .map(|piece| Ok::<_, std::io::Error>(piece.to_vec()))
            .collect::<Vec<_>>(),
    );
    let streamed = call()
        .body(reqwest::Body::wrap_stream(pieces))
        .send()
        .await?;
    streamed.problem(413, "body-too-large");
    let mut fits = b"{\"title\":\"x\"}".to_vec();
    fits.resize(2 << 20, b' ');
    call().body(fits).send().await?.expect(201);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_request_keeps_its_sane_id_and_gets_one_otherwise() -> Result {
    let (running, _) = todo().await?;
    for path in ["/health", "/nowhere", "/api/tasks", "/api/docs"] {
        let given = running
            .api
            .get(path)
            .header("x-request-id", "my-id.1_x")
            .send()
            .await?;
        assert_eq!(given.header("x-request-id"), "my-id.1_x", "{path}");
        for odd in ["has space", "<b>", &"x".repeat(129)] {
            let made = running
                .api
                .get(path)
                .header("x-request-id", odd)
                .send()
                .await?;
            assert_eq!(made.header("x-request-id").len(), 32, "{path}");
        }
        let (one, two) = (
            running.api.get(path).send().await?,
            running.api.get(path).send().await?,
        );
        assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
        assert!(!one.header("x-request-id").is_empty());
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_nobody_serves_is_not_found() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let answer = running.api.get("/nowhere").send().await?;
    answer.problem(404, "not-found");
    insta::assert_json_snapshot!("nowhere", answer.record());
    for path in [
        "/api",
        "/api/nothing",
        "/api/v2/tasks",
        "/_events/tasks",
        "/tasks",
        "//api/tasks",
    ] {
        person.get(path).send().await?.problem(404, "not-found");
    }
    for path in [
        "/api/tasks/",
        "/api/tasks/not-an-id",
        "/api/tasks/not-an-id/complete/more",
        "/api/tasks/1/2",
    ] {
        person.get(path).send().await?.problem(404, "not-found");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_address_of_tasks_takes_its_methods_alone() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let id = "0190a000-0000-7000-8000-000000000000";
    for (path, method, allow) in [
        ("/api/tasks".to_owned(), Method::DELETE, "GET, POST, HEAD"),
        (
            format!("/api/tasks/{id}"),
            Method::POST,
            "GET, PUT, PATCH, DELETE, HEAD",
        ),
        (format!("/api/tasks/{id}/complete"), Method::GET, "POST"),
        (format!("/api/tasks/{id}/reopen"), Method::PUT, "POST"),
        ("/api/openapi.json".to_owned(), Method::POST, "GET, HEAD"),
        ("/".to_owned(), Method::POST, "GET, HEAD"),
    ] {
        let answer = person.call(method, &path).send().await?;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_answer_can_be_taken_for_another_kind_of_document() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    person.task(&json!({"title": "<script>"})).await?;
    for path in ["/api/tasks", "/health", "/api/tasks/x", "/api/docs", "/"] {
        let answer = person.get(path).send().await?;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    running.stop().await?;
    Ok(())
}
