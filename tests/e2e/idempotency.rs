//! `Idempotency-Key`.

use reqwest::Method;
use serde_json::json;
use spindrift_tests::Answer;

use crate::{Result, todo};

const COUNT: &str = "SELECT count(*) FROM todo.tasks";

#[tokio::test]
async fn a_request_that_is_sent_again_is_answered_not_repeated() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let send = || {
        person
            .post("/api/tasks", &json!({"title": "once"}))
            .header("idempotency-key", "k-1")
            .send()
    };
    let (first, again) = (send().await?.expect(201), send().await?.expect(201));
    assert_eq!(first.body, again.body);
    for name in ["location", "etag", "content-type"] {
        assert_eq!(first.header(name), again.header(name), "{name}");
        assert!(!first.header(name).is_empty(), "{name}");
    }
    assert_ne!(first.header("x-request-id"), again.header("x-request-id"));
    // The same under the API's other name.
    let other = person
        .post("/api/v1/tasks", &json!({"title": "once"}))
        .header("idempotency-key", "k-1");
    assert_eq!(other.send().await?.body, first.body);
    assert_eq!(database.count(COUNT).await?, 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_key_belongs_to_its_body_its_route_and_its_person() -> Result {
    let (running, database) = todo().await?;
    let (ada, eve) = (running.api.sign_up().await?, running.api.sign_up().await?);
    let create = |person: &spindrift_tests::Api, title: &str| {
        person
            .post("/api/tasks", &json!({"title": title}))
            .header("idempotency-key", "k")
            .send()
    };
    let task = create(&ada, "one").await?.expect(201).json();
    let other = create(&ada, "two").await?;
    other.problem(422, "idempotency-key-reused");
    insta::assert_json_snapshot!("a_reused_key", other.record());
    create(&eve, "two").await?.expect(201);
    let complete = format!("/api/tasks/{}/complete", task["id"].as_str().unwrap_or(""));
    let completed = ada
        .call(Method::POST, &complete)
        .header("idempotency-key", "k")
        .send()
        .await?
        .expect(200);
    assert_eq!(completed.json()["status"], "completed");
    assert_eq!(database.count(COUNT).await?, 2);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_failure_is_not_kept() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let send = |title: &str| {
        person
            .post("/api/tasks", &json!({"title": title}))
            .header("idempotency-key", "k")
            .send()
    };
    send("").await?.problem(422, "invalid-fields");
    send("better").await?.expect(201);
    assert_eq!(database.count(COUNT).await?, 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one_task() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    for round in 0..5 {
        let key = format!("round-{round}");
        let send = |_| {
            person
                .post("/api/tasks", &json!({"title": "once"}))
                .header("idempotency-key", &key)
                .send()
        };
        let answers: Vec<Answer> = futures::future::try_join_all((0..12).map(send)).await?;
        let made: Vec<&Answer> = answers
            .iter()
            .filter(|answer| answer.status == 201)
            .collect();
        assert!(!made.is_empty());
        assert!(made.iter().all(|answer| answer.body == made[0].body));
        for answer in answers.iter().filter(|answer| answer.status != 201) {
            answer.problem(409, "idempotency-key-in-flight");
            assert_eq!(answer.header("retry-after"), "1");
        }
        assert_eq!(database.count(COUNT).await?, round + 1);
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_key_whose_first_request_is_under_way_is_in_flight() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}/complete", task["id"].as_str().unwrap_or(""));
    // Somebody holds the row: the first request has its key, and waits.
    let mut client = database.connect().await?;
    let held = client.transaction().await?;
    held.execute("SELECT FROM todo.tasks FOR UPDATE", &[])
        .await?;
    let complete = || {
        person
            .call(Method::POST, &path)
            .header("idempotency-key", "k")
            .send()
    };
    let first = tokio::spawn(complete());
    spindrift_tests::until("the first request to wait for the row", async || {
        let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        (database.count(waiting).await.ok()? > 0).then_some(())
    })
    .await?;
    let second = complete().await?;
    second.problem(409, "idempotency-key-in-flight");
    insta::assert_json_snapshot!("a_key_in_flight", second.record());
    held.rollback().await?;
    let first = first.await??.expect(200);
    assert_eq!(complete().await?.expect(200).body, first.body);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    for key in ["", "a b", &"x".repeat(256)] {
        let call = person
            .post("/api/tasks", &json!({"title": "x"}))
            .header("idempotency-key", key);
        let answer = call.send().await?;
        answer.problem(400, "invalid-parameter");
        insta::assert_json_snapshot!("no_key", answer.record());
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_key_is_forgotten_after_its_day() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let send = || {
        person
            .post("/api/tasks", &json!({"title": "daily"}))
            .header("idempotency-key", "k")
            .send()
    };
    let first = send().await?.expect(201).json();
    let lives = "SELECT count(*) FROM todo.idempotency_keys WHERE expires_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours'";
    assert_eq!(database.count(lives).await?, 1);
    database
        .rows("UPDATE todo.idempotency_keys SET expires_at = now() - interval '1 second'")
        .await?;
    assert_ne!(send().await?.expect(201).json()["id"], first["id"]);
    running.stop().await?;
    Ok(())
}
