//! Recurring tasks: what a series makes, and what becomes of it.

use serde_json::{Value, json};
use spindrift_tests::{Answer, Api, until};

use crate::{Result, todo};

/// Makes a series that begins in a year far ahead, so that its days are known.
async fn series(person: &Api, more: &Value) -> Result<Answer> {
    let mut body = json!({
        "title": "Water the plants", "recurrence_type": "weekly",
        "start_date": "2040-01-02T09:00:00Z", "time_zone": "Europe/Brussels",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
    person.post("/api/recurring-tasks", &body).send().await
}

/// The tasks of a series, by when they are due.
async fn tasks_of(person: &Api, path: &str) -> Result<Vec<Value>> {
    let id = path.rsplit('/').next().unwrap_or("");
    let page = person
        .tasks(&format!("?recurring_task_id={id}&sort=due_at"))
        .await?;
    Ok(page["items"].as_array().cloned().unwrap_or_default())
}

fn due(tasks: &[Value]) -> Vec<&str> {
    let due = tasks.iter().map(|task| task["due_at"].as_str());
    due.map(Option::unwrap_or_default).collect()
}

#[tokio::test]
async fn a_series_is_made_with_its_first_task_and_read_back() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let made = series(&person, &json!({"start_date": "2025-01-01T09:00:00Z"}))
        .await?
        .expect(201);
    assert_eq!(made.json()["next_due_at"], "2025-01-08T09:00:00Z");
    let path = made.header("location").to_owned();
    let read = person.get(&path).send().await?.expect(200);
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("etag"), "\"1\"");
    let v1 = person
        .get(&path.replace("/api/", "/api/v1/"))
        .send()
        .await?;
    assert_eq!(v1.expect(200).json(), made.json());
    let list = person.get("/api/recurring-tasks").send().await?.expect(200);
    assert_eq!(list.json()["items"], json!([made.json()]));
    let tasks = tasks_of(&person, &path).await?;
    assert_eq!(tasks[0]["title"], "Water the plants");
    assert_eq!(tasks[0]["recurring_task_id"], made.json()["id"]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_days_of_a_series_keep_their_hour_when_clocks_change() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    // 31 January, at nine in Brussels; the last Sunday of March has the clocks change.
    let monthly = json!({"recurrence_type": "monthly", "start_date": "2040-01-31T08:00:00Z"});
    let made = series(&person, &monthly).await?.expect(201);
    let path = format!("{}/occurrences", made.header("location"));
    let span = format!("{path}?from=2040-01-01T00:00:00Z&to=2040-05-01T00:00:00Z");
    let shown = person.get(&span).send().await?.expect(200).json();
    let items = shown["items"].as_array().cloned().unwrap_or_default();
    assert_eq!(
        due(&items),
        [
            "2040-01-31T08:00:00Z",
            "2040-02-29T08:00:00Z",
            "2040-03-31T07:00:00Z",
            "2040-04-30T07:00:00Z"
        ]
    );
    person
        .get(&format!("{path}?from=noon"))
        .send()
        .await?
        .problem(400, "invalid-parameter");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn when_a_task_is_done_the_next_one_comes_once() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let made = series(&person, &json!({})).await?.expect(201);
    let path = made.header("location").to_owned();
    let first = tasks_of(&person, &path).await?;
    assert_eq!(due(&first), ["2040-01-02T09:00:00Z"]);
    let complete = format!(
        "/api/tasks/{}/complete",
        first[0]["id"].as_str().unwrap_or("")
    );
    for _ in 0..2 {
        person.post(&complete, &json!({})).send().await?.expect(200);
    }
    let tasks = until("the next task", async || {
        let tasks = tasks_of(&person, &path).await.ok()?;
        (tasks.len() > 1).then_some(tasks)
    })
    .await?;
    assert_eq!(
        due(&tasks),
        ["2040-01-02T09:00:00Z", "2040-01-09T09:00:00Z"]
    );
    assert_eq!(tasks[0]["status"], "completed");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_change_reaches_what_is_not_done_and_deleting_keeps_the_tasks() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let made = series(&person, &json!({})).await?.expect(201);
    let path = made.header("location").to_owned();
    let mut other = made.json();
    other["title"] = json!("Water the cactus");
    other["start_date"] = json!("2040-01-03T10:00:00Z");
    let put = |version: &'static str| person.put(&path, &other).header("if-match", version);
    put("\"7\"").send().await?.problem(412, "version-changed");
    let changed = put("\"1\"").send().await?.expect(200);
    assert_eq!(changed.header("etag"), "\"2\"");
    let tasks = tasks_of(&person, &path).await?;
    assert_eq!(tasks[0]["title"], "Water the cactus");
    assert_eq!(due(&tasks), ["2040-01-03T10:00:00Z"]);
    person.delete(&path).send().await?.expect(204);
    person.get(&path).send().await?.problem(404, "not-found");
    let kept = person.tasks("").await?;
    assert_eq!(kept["items"][0]["id"], tasks[0]["id"]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_can_not_recur_is_refused_by_field() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    for (wrong, field) in [
        (json!({"title": " "}), "title"),
        (json!({"time_zone": "Europe/Nowhere"}), "time_zone"),
        (json!({"recurrence_type": "hourly"}), "recurrence_type"),
        (json!({"recurrence_interval": 0}), "recurrence_interval"),
        (json!({"start_date": "tomorrow"}), "start_date"),
        (json!({"end_date": "2039-01-01"}), "end_date"),
        (json!({"count": 0}), "count"),
        (json!({"mode": "sometimes"}), "mode"),
        (json!({"remind_before": [-1]}), "remind_before"),
    ] {
        let refused = series(&person, &wrong).await?;
        let problem = refused.problem(422, "invalid-fields");
        let named = problem["errors"].to_string();
        assert!(named.contains(field), "{wrong}: {named}");
    }
    let list = person.get("/api/recurring-tasks").send().await?.expect(200);
    assert_eq!(list.json()["total"], 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn nobody_sees_the_series_of_somebody_else() -> Result {
    let (running, _) = todo().await?;
    let (person, stranger) = (running.api.sign_up().await?, running.api.sign_up().await?);
    let made = series(&person, &json!({})).await?.expect(201);
    let path = made.header("location").to_owned();
    let occurrences =
        format!("{path}/occurrences?from=2040-01-01T00:00:00Z&to=2040-02-01T00:00:00Z");
    stranger.get(&path).send().await?.problem(404, "not-found");
    stranger
        .get(&occurrences)
        .send()
        .await?
        .problem(404, "not-found");
    stranger
        .put(&path, &made.json())
        .send()
        .await?
        .problem(404, "not-found");
    stranger
        .delete(&path)
        .send()
        .await?
        .problem(404, "not-found");
    let list = stranger
        .get("/api/recurring-tasks")
        .send()
        .await?
        .expect(200);
    assert_eq!(list.json()["items"], json!([]));
    assert_eq!(
        person.get(&path).send().await?.expect(200).json(),
        made.json()
    );
    running.stop().await?;
    Ok(())
}
