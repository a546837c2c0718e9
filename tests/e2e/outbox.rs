//! A write and its outbox row are one.

use reqwest::Method;
use serde_json::{Value, json};
use spindrift_tests::{Database, tokens};

use crate::{Result, todo};

/// What came into the outbox since it was last read, in order.
async fn take(database: &Database) -> Result<Vec<(String, String, Value, Value)>> {
    let sql = "WITH gone AS (DELETE FROM spindrift.outbox RETURNING id, topic, key, headers::text, data::text) \
               SELECT topic, key, headers, data FROM gone ORDER BY id";
    let rows = database.rows(sql).await?;
    let text = |row: &tokio_postgres::Row, column: usize| row.get::<_, String>(column);
    let json = |row: &tokio_postgres::Row, column: usize| {
        serde_json::from_str(&row.get::<_, String>(column))
    };
    rows.iter()
        .map(|row| Ok((text(row, 0), text(row, 1), json(row, 2)?, json(row, 3)?)))
        .collect()
}

fn types(events: &[(String, String, Value, Value)]) -> Vec<&str> {
    events
        .iter()
        .map(|(_, _, headers, _)| headers["type"].as_str().unwrap_or(""))
        .collect()
}

#[tokio::test]
async fn every_change_of_a_task_leaves_its_events_and_nothing_else_does() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    take(&database).await?;
    let task = person.task(&json!({"title": "x"})).await?;
    assert_eq!(types(&take(&database).await?), ["todo.task.created"]);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    let complete = format!("{path}/complete");
    let reopen = format!("{path}/reopen");
    let post = |path: &str| person.call(Method::POST, path);
    for (call, status, expected) in [
        (
            person.patch(&path, &json!({"title": "y"})),
            200,
            vec!["todo.task.updated"],
        ),
        (person.patch(&path, &json!({"title": "y"})), 200, vec![]),
        (person.put(&path, &json!({"title": "y"})), 200, vec![]),
        (post(&complete), 200, vec!["todo.task.completed"]),
        (post(&complete), 200, vec![]),
        (post(&reopen), 200, vec!["todo.task.reopened"]),
        (post(&reopen), 200, vec![]),
        (
            person.put(&path, &json!({"title": "z", "status": "completed"})),
            200,
            vec!["todo.task.updated", "todo.task.completed"],
        ),
        (person.patch(&path, &json!({"title": ""})), 422, vec![]),
        (
            person
                .patch(&path, &json!({"title": "q"}))
                .header("if-match", "\"1\""),
            412,
            vec![],
        ),
        (
            person.delete(&path).header("if-match", "\"1\""),
            412,
            vec![],
        ),
        (person.get(&path), 200, vec![]),
        (person.delete(&path), 204, vec!["todo.task.deleted"]),
        (person.delete(&path), 404, vec![]),
        (person.post("/api/tasks", &json!({})), 422, vec![]),
    ] {
        let answer = call.send().await?.expect(status);
        assert_eq!(
            types(&take(&database).await?),
            expected,
            "{}",
            answer.text()
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_event_is_a_cloudevent_with_the_task_in_it() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    take(&database).await?;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let call = person
        .post("/api/tasks", &json!({"title": "x", "tags": ["a"]}))
        .header("traceparent", trace);
    let task = call.send().await?.expect(201).json();
    let user = tokens::claims(person.token.as_deref().unwrap_or(""))["sub"].clone();
    let events = take(&database).await?;
    let (topic, key, headers, data) = &events[0];
    assert_eq!((topic.as_str(), &json!(key)), ("todo-events", &user));
    let id = &headers["id"];
    assert_eq!(
        *headers,
        json!({
            "specversion": "1.0", "id": id, "source": "/todo", "type": "todo.task.created",
            "subject": task["id"], "time": task["created_at"], "datacontenttype": "application/json",
            "dataschema": "urn:spindrift:schema:todo.task.created:1", "partitionkey": user, "traceparent": trace,
        })
    );
    assert_eq!(data["eventId"], *id);
    assert_eq!(data["eventType"], "TASK_CREATED");
    assert_eq!(data["userId"], user);
    assert_eq!(data["timestamp"], task["created_at"]);
    for (name, value) in data["payload"].as_object().into_iter().flatten() {
        assert_eq!(task[name], *value, "{name}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_row_and_its_event_have_one_transaction() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    person.task(&json!({"title": "x"})).await?;
    let sql = "SELECT count(*) FROM todo.tasks t, spindrift.outbox o \
               WHERE o.headers->>'subject' = t.id::text";
    assert_eq!(database.count(sql).await?, 1);
    // When the event cannot be written, neither is the task.
    database.rows("ALTER TABLE spindrift.outbox ADD CONSTRAINT closed CHECK (topic <> 'todo-events') NOT VALID").await?;
    person
        .post("/api/tasks", &json!({"title": "lost"}))
        .send()
        .await?
        .problem(500, "internal-error");
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn accounts_tell_of_themselves_without_secrets() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let body = json!({"email": person.email, "password": person.password(), "transport": "token"});
    let signed_in = running
        .api
        .post("/api/auth/login", &body)
        .send()
        .await?
        .expect(200)
        .json();
    let wrong = json!({"email": person.email, "password": "wrong password"});
    running
        .api
        .post("/api/auth/login", &wrong)
        .send()
        .await?
        .problem(401, "wrong-credentials");
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    running
        .api
        .post("/api/auth/logout", &refresh)
        .send()
        .await?
        .expect(204);
    running
        .api
        .post("/api/auth/logout", &refresh)
        .send()
        .await?
        .expect(204);
    let events = take(&database).await?;
    assert_eq!(
        types(&events),
        [
            "todo.user.signed-up",
            "todo.user.logged-in",
            "todo.user.logged-out"
        ]
    );
    for (topic, key, headers, data) in &events {
        assert_eq!(topic, "user-events");
        assert_eq!(data["userId"], *key);
        let text = format!("{headers}{data}");
        for secret in [person.password(), person.email.as_str(), "token", "hash"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    running.stop().await?;
    Ok(())
}
