//! Every rule of a task's fields, by what breaking it answers.

use serde_json::{Value, json};

use crate::{Result, todo};

#[tokio::test]
async fn every_field_of_a_task_has_its_rule() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let tags = |count: usize| (0..count).map(|n| json!(n.to_string())).collect::<Value>();
    let instants = |count: usize| {
        (0..count)
            .map(|n| json!(format!("2025-01-{:02}T00:00:00Z", n + 1)))
            .collect::<Value>()
    };
    for (name, body) in [
        ("no title", json!({})),
        ("an empty title", json!({"title": "   "})),
        ("a null title", json!({"title": null})),
        ("a long title", json!({"title": "ä".repeat(201)})),
        ("a title that is a number", json!({"title": 7})),
        ("a title with a NUL", json!({"title": "a\u{0}b"})),
        (
            "a long description",
            json!({"title": "x", "description": "ä".repeat(10_001)}),
        ),
        ("an unknown status", json!({"title": "x", "status": "done"})),
        ("an unknown priority", json!({"title": "x", "priority": 4})),
        (
            "a priority in words",
            json!({"title": "x", "priority": "high"}),
        ),
        ("many tags", json!({"title": "x", "tags": tags(21)})),
        (
            "bad tags",
            json!({"title": "x", "tags": ["ok", "", 5, "x".repeat(41)]}),
        ),
        (
            "tags that are no list",
            json!({"title": "x", "tags": "home"}),
        ),
        ("a bad instant", json!({"title": "x", "due_at": "tomorrow"})),
        (
            "an instant without offset",
            json!({"title": "x", "due_at": "2025-01-31T09:00:00"}),
        ),
        (
            "two names that differ",
            json!({"title": "x", "due_at": "2025-01-31T09:00:00Z", "due_date": "2025-01-30T09:00:00Z"}),
        ),
        (
            "a bad date",
            json!({"title": "x", "all_day_on": "2025-02-30"}),
        ),
        (
            "both kinds of due",
            json!({"title": "x", "due_at": "2025-01-31T09:00:00Z", "all_day_on": "2025-01-31"}),
        ),
        (
            "many reminders",
            json!({"title": "x", "remind_at": instants(11)}),
        ),
        (
            "a bad reminder",
            json!({"title": "x", "remind_at": ["2025-01-31T09:00:00Z", "soon"]}),
        ),
        (
            "unknown fields",
            json!({"title": "x", "colour": "red", "a/b~c": 1}),
        ),
        ("no object", json!([1])),
        (
            "everything at once",
            json!({"title": "", "priority": 0, "tags": [""], "due_at": 1, "what": 1}),
        ),
    ] {
        let answer = person.post("/api/tasks", &body).send().await?;
        answer.problem(422, "invalid-fields");
        insta::assert_json_snapshot!(
            format!("a_task_with_{}", name.replace(' ', "_")),
            answer.json()["errors"]
        );
    }
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_whole_document_of_an_invalid_task_says_what_to_mend() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let answer = person
        .post("/api/tasks", &json!({"title": ""}))
        .send()
        .await?;
    insta::assert_json_snapshot!("an_invalid_task", answer.record());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_bound_can_be_reached() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let tags: Vec<String> = (0..20).map(|n| format!("{n:ä>40}")).collect();
    let remind_at: Vec<String> = (1..=10)
        .map(|n| format!("2025-01-{n:02}T00:00:00Z"))
        .collect();
    let body = json!({
        "title": "ä".repeat(200), "description": "\u{1f33b}".repeat(10_000), "tags": tags, "remind_at": remind_at,
        "due_at": "9999-12-31T23:59:59.999999Z",
    });
    let task = person.task(&body).await?;
    for (name, value) in body.as_object().into_iter().flatten() {
        assert_eq!(task[name], *value, "{name}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_change_obeys_the_same_rules_and_fails_whole() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person
        .task(&json!({"title": "x", "due_at": "2025-01-31T09:00:00Z"}))
        .await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    for body in [
        json!({"title": null}),
        json!({"priority": 9, "description": "new"}),
        json!({"all_day_on": "2025-01-31"}),
        json!({"nonsense": true}),
    ] {
        person
            .patch(&path, &body)
            .send()
            .await?
            .problem(422, "invalid-fields");
    }
    person
        .put(&path, &json!({"description": "a title is missing"}))
        .send()
        .await?
        .problem(422, "invalid-fields");
    assert_eq!(person.get(&path).send().await?.json(), task);
    running.stop().await?;
    Ok(())
}
