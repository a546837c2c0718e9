//! Tasks: every endpoint's good path, and who wins a race.

use serde_json::{Value, json};

use crate::{Result, todo};

#[tokio::test]
async fn a_task_is_made_read_changed_replaced_and_deleted() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let made = person
        .post(
            "/api/tasks",
            &json!({
                "title": "  Water the plants ", "description": "All of them", "priority": 1,
                "tags": ["home", " home", "garden"], "due_at": "2025-01-31T10:00:00+01:00",
                "remind_at": ["2025-01-31T08:00:00Z", "2025-01-31T07:00:00.5Z"],
            }),
        )
        .send()
        .await?
        .expect(201);
    insta::assert_json_snapshot!("made", made.record());
    let path = made.header("location").to_owned();
    assert_eq!(
        path,
        format!("/api/tasks/{}", made.json()["id"].as_str().unwrap_or(""))
    );

    let read = person.get(&path).send().await?.expect(200);
    assert_eq!(read.json(), made.json());
    assert_eq!(read.header("etag"), "\"1\"");

    let patch = json!({"title": "Water the cactus", "due_at": null, "all_day_on": "2025-02-01"});
    let patched = person.patch(&path, &patch).send().await?;
    insta::assert_json_snapshot!("patched", patched.record());

    let replaced = person
        .put(&path, &json!({"title": "Rest", "status": "completed"}))
        .send()
        .await?;
    insta::assert_json_snapshot!("replaced", replaced.record());

    let deleted = person.delete(&path).send().await?;
    insta::assert_json_snapshot!("deleted", deleted.record());
    let gone = person.get(&path).send().await?;
    gone.problem(404, "not-found");
    insta::assert_json_snapshot!("gone", gone.record());
    person.delete(&path).send().await?.problem(404, "not-found");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn v1_is_the_same_api() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let made = person
        .post("/api/v1/tasks", &json!({"title": "x"}))
        .send()
        .await?
        .expect(201);
    let path = made.header("location").to_owned();
    assert!(path.starts_with("/api/v1/tasks/"), "{path}");
    for path in [path.clone(), path.replace("/v1", "")] {
        assert_eq!(
            person.get(&path).send().await?.expect(200).json(),
            made.json()
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn completing_and_reopening_are_idempotent() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    let step = async |verb: &str| {
        let call = person.call(reqwest::Method::POST, &format!("{path}/{verb}"));
        anyhow::Ok(call.send().await?.expect(200))
    };
    let completed = step("complete").await?;
    insta::assert_json_snapshot!("completed", completed.record());
    assert_eq!(step("complete").await?.json(), completed.json());
    let reopened = step("reopen").await?;
    assert_eq!(reopened.json()["status"], "open");
    assert_eq!(reopened.json()["completed_at"], Value::Null);
    assert_eq!(
        (
            reopened.header("etag"),
            step("reopen").await?.header("etag")
        ),
        ("\"3\"", "\"3\"")
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn due_date_is_another_name_of_due_at() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person
        .task(&json!({"title": "x", "due_date": "2025-01-31T09:00:00Z"}))
        .await?;
    assert_eq!(task["due_at"], "2025-01-31T09:00:00Z");
    assert_eq!(task["due_date"], task["due_at"]);
    // What was read can be sent back.
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    let put = person.put(&path, &task).send().await?.expect(200);
    assert_eq!(put.json(), task);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn overdue_and_due_soon_are_derived() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    for (hours, overdue, soon) in [(-1, true, false), (5, false, true), (30, false, false)] {
        let due_at = chrono::Utc::now() + chrono::TimeDelta::hours(hours);
        let task = person
            .task(&json!({"title": "x", "due_at": due_at.to_rfc3339()}))
            .await?;
        assert_eq!(
            (&task["is_overdue"], &task["is_due_soon"]),
            (&json!(overdue), &json!(soon)),
            "{hours}"
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn if_match_takes_the_current_version_alone() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    let complete = format!("{path}/complete");
    let reopen = format!("{path}/reopen");
    let calls = || {
        [
            person.put(&path, &json!({"title": "y"})),
            person.patch(&path, &json!({"title": "y"})),
            person.delete(&path),
            person.call(reqwest::Method::POST, &complete),
            person.call(reqwest::Method::POST, &reopen),
        ]
    };
    for tag in ["\"7\"", "W/\"1\"", "\"other\""] {
        for call in calls() {
            let answer = call.header("if-match", tag).send().await?;
            answer.problem(412, "version-changed");
            insta::assert_json_snapshot!("a_version_that_is_over", answer.record());
        }
    }
    for call in calls() {
        let answer = call.header("if-match", "1").send().await?;
        answer.problem(400, "invalid-parameter");
        insta::assert_json_snapshot!("no_entity_tag", answer.record());
    }
    assert_eq!(person.get(&path).send().await?.json(), task);
    person
        .patch(&path, &json!({"title": "y"}))
        .header("if-match", "\"9\", \"1\"")
        .send()
        .await?
        .expect(200);
    person
        .delete(&path)
        .header("if-match", "*")
        .send()
        .await?
        .expect(204);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn of_two_who_change_one_version_exactly_one_wins() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    for version in 1..=20 {
        let tag = format!("\"{version}\"");
        let write = |title: String| {
            person
                .patch(&path, &json!({"title": title}))
                .header("if-match", &tag)
                .send()
        };
        let (one, two) = tokio::try_join!(
            write(format!("one {version}")),
            write(format!("two {version}"))
        )?;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412]);
        let winner = if one.status == 200 { one } else { two };
        assert_eq!(person.get(&path).send().await?.json(), winner.json());
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn writes_at_once_without_a_version_all_count() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    let writes = (0..16).map(|n| {
        person
            .patch(&path, &json!({"title": format!("{n}")}))
            .send()
    });
    for answer in futures::future::try_join_all(writes).await? {
        answer.expect(200);
    }
    assert_eq!(person.get(&path).send().await?.json()["version"], 17);
    running.stop().await?;
    Ok(())
}
