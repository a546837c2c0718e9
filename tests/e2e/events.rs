//! From a change to what its event does: the real relay, real handlers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use spindrift_tests::{Api, Database, Running, Start, until, within, workspace};
use tokio::sync::Notify;

use crate::{Result, todo};

/// The person's notifications of a kind.
pub(crate) async fn notifications(person: &Api, kind: &str) -> Result<Vec<Value>> {
    let call = person.get("/api/notifications?page_size=100");
    let page = call.send().await?.expect(200).json();
    let items = page["items"].as_array().into_iter().flatten();
    Ok(items.filter(|item| item["kind"] == kind).cloned().collect())
}

/// The types of a task's events, oldest first.
pub(crate) async fn log(person: &Api, task: &Value) -> Result<Vec<String>> {
    let path = format!("/api/tasks/{}/events", task["id"].as_str().unwrap_or(""));
    let page = person.get(&path).send().await?.json();
    let items = page["items"].as_array().into_iter().flatten().rev();
    let types = items.filter_map(|item| item["type"].as_str());
    Ok(types.map(ToOwned::to_owned).collect())
}

/// Waits until an event of the task has had its effect.
pub(crate) async fn logged(person: &Api, task: &Value) -> Result {
    until("its event's effect", async || {
        (!log(person, task).await.ok()?.is_empty()).then_some(())
    })
    .await
}

/// Waits until a new person was welcomed.
pub(crate) async fn welcomed(person: &Api) -> Result {
    until("the welcome", async || {
        let found = notifications(person, "welcome").await.ok()?;
        (!found.is_empty()).then_some(())
    })
    .await
}

/// Starts the program so many times, kills it each time while a person writes, and
/// expects of every task that was acknowledged that its event had its effect, once.
/// Answers the person, and the program that runs then.
pub(crate) async fn killed_while_writing(
    mut start: Start,
    times: usize,
    life: Duration,
) -> Result<(Api, Running)> {
    let mut token: Option<String> = None;
    let mut acknowledged = Vec::new();
    for killed in 1..=times {
        let running = start.run().await?;
        let person = match &token {
            Some(token) => running.api.with_token(token),
            None => running.api.sign_up().await?,
        };
        token = person.token.clone();
        // A loaded machine needs longer for enough of them.
        let enough = Notify::new();
        let kill = async {
            tokio::join!(tokio::time::sleep(life), enough.notified());
            running.signal(Signal::KILL)
        };
        let write = async {
            let task = json!({"title": "x"});
            while let Ok(answer) = person.post("/api/tasks", &task).send().await {
                if answer.status == 201 {
                    acknowledged.push(answer.json());
                }
                if acknowledged.len() > 8 * killed {
                    enough.notify_one();
                }
            }
            enough.notify_one();
        };
        let (signalled, ()) = tokio::join!(kill, write);
        signalled?;
        start = running.ended().await?.1;
    }
    let running = start.run().await?;
    let person = running.api.with_token(token.as_deref().unwrap_or(""));
    assert!(acknowledged.len() > 20, "{} tasks", acknowledged.len());
    for task in &acknowledged {
        logged(&person, task).await?;
        assert_eq!(log(&person, task).await?, ["todo.task.created"]);
    }
    Ok((person, running))
}

fn after(seconds: i64) -> String {
    (Utc::now() + chrono::Duration::seconds(seconds)).to_rfc3339()
}

#[tokio::test]
async fn a_new_person_is_welcomed_once() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    welcomed(&person).await?;
    assert_eq!(notifications(&person, "welcome").await?.len(), 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_happened_to_a_task_is_told_in_order_and_outlives_it() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    person
        .patch(&path, &json!({"title": "y"}))
        .send()
        .await?
        .expect(200);
    person
        .post(&format!("{path}/complete"), &json!({}))
        .send()
        .await?
        .expect(200);
    person.delete(&path).send().await?.expect(204);
    until("the whole log", async || {
        (log(&person, &task).await.ok()?.len() == 4).then_some(())
    })
    .await?;
    assert_eq!(
        log(&person, &task).await?,
        [
            "todo.task.created",
            "todo.task.updated",
            "todo.task.completed",
            "todo.task.deleted"
        ]
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_reminder_comes_at_its_time_and_once() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let at = after(3);
    person
        .task(&json!({"title": "x", "remind_at": [at]}))
        .await?;
    let reminder = within(Duration::from_secs(10), "the reminder", async || {
        notifications(&person, "reminder").await.ok()?.pop()
    })
    .await?;
    let told: DateTime<Utc> = reminder["created_at"].as_str().unwrap_or("").parse()?;
    let late = (told - at.parse::<DateTime<Utc>>()?).num_milliseconds();
    assert!((0..2000).contains(&late), "{late} ms after its time");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(notifications(&person, "reminder").await?.len(), 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn nothing_is_said_of_what_is_done_moved_or_gone() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let mut paths = Vec::new();
    for _ in 0..3 {
        let task = json!({"title": "x", "remind_at": [after(2)]});
        let task = person.task(&task).await?;
        paths.push(format!("/api/tasks/{}", task["id"].as_str().unwrap_or("")));
    }
    let done = format!("{}/complete", paths[0]);
    person.post(&done, &json!({})).send().await?.expect(200);
    let later = json!({"remind_at": [after(3600)]});
    person.patch(&paths[1], &later).send().await?.expect(200);
    person.delete(&paths[2]).send().await?.expect(204);
    until("the reminders' time", async || {
        let sql = "SELECT count(*) FROM spindrift.outbox WHERE topic = 'reminders' AND published_at IS NULL";
        (database.count(sql).await.ok()? == 0).then_some(())
    })
    .await?;
    until("their deliveries", async || {
        let sql = "SELECT count(*) FROM spindrift.deliveries";
        (database.count(sql).await.ok()? == 0).then_some(())
    })
    .await?;
    assert_eq!(
        notifications(&person, "reminder").await?,
        Vec::<Value>::new()
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn killed_again_and_again_it_loses_no_event_and_doubles_none() -> Result {
    let start = Start::private_todo().await?;
    let (_, running) = killed_while_writing(start, 4, Duration::from_millis(250)).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_event_that_nobody_understands_is_a_dead_letter_and_can_be_replayed() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    logged(&person, &task).await?;
    // The same event, of a version that is not made yet, under another id.
    database
        .rows(
            "INSERT INTO spindrift.outbox (topic, key, headers, data) \
             SELECT topic, key, headers || '{\"id\": \"from-tomorrow\", \
             \"dataschema\": \"urn:spindrift:schema:todo.task.created:99\"}', data \
             FROM spindrift.outbox WHERE headers->>'type' = 'todo.task.created'",
        )
        .await?;
    let dead = "SELECT count(*) FROM spindrift.dead_letters WHERE consumer = 'todo.audit'";
    until("the dead letter", async || {
        (database.count(dead).await.ok()? == 1).then_some(())
    })
    .await?;
    let dlq = async |arguments: &[&str]| -> Result<String> {
        let command = [&["dlq"], arguments].concat();
        let start = Start::command(&command)?.env("DATABASE_URL", &database.superuser_url);
        let ended = start.end().await?;
        assert!(ended.status.success(), "{}", ended.stderr);
        Ok(ended.stdout)
    };
    let listed = dlq(&["list", "--type", "todo.task.created"]).await?;
    assert!(
        listed.contains("todo.audit: the function answered 422"),
        "{listed}"
    );
    let number = listed.split(' ').next().unwrap_or("");
    let shown: Value = serde_json::from_str(&dlq(&["show", number]).await?)?;
    assert_eq!(shown["attributes"]["id"], "from-tomorrow");
    assert_eq!(shown["data"]["payload"]["id"], task["id"]);
    let planned = dlq(&["replay", number, "--dry-run"]).await?;
    assert_eq!(planned, listed);
    assert_eq!(
        dlq(&["replay", number]).await?.trim(),
        "Replayed 1 dead letters"
    );
    // It is as incomprehensible as before.
    until("the dead letter again", async || {
        (database.count(dead).await.ok()? == 2).then_some(())
    })
    .await?;
    // Whoever handled it a month ago may have forgotten that.
    let age = "UPDATE spindrift.dead_letters SET died_at = died_at - interval '30 days'";
    database.rows(age).await?;
    let refused = Start::command(&["dlq", "replay", "--all"])?
        .env("DATABASE_URL", &database.superuser_url)
        .end()
        .await?;
    assert!(!refused.status.success());
    assert!(
        refused.stderr.contains("insist by --force"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        dlq(&["replay", "--all", "--force"]).await?.trim(),
        "Replayed 1 dead letters"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_tail_shows_what_was_committed_last() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    for title in ["first", "second", "third"] {
        person.task(&json!({"title": title})).await?;
    }
    let tail = async |arguments: &[&str]| -> Result<String> {
        let command = [&["events", "tail", "--no-follow"], arguments].concat();
        let start = Start::command(&command)?.env("DATABASE_URL", &database.superuser_url);
        let ended = start.end().await?;
        assert!(ended.status.success(), "{}", ended.stderr);
        Ok(ended.stdout)
    };
    let created = ["--type", "todo.task.created", "--last", "2"];
    let lines = tail(&created).await?;
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(
        lines
            .lines()
            .all(|line| line.contains("  todo-events  todo.task.created  "))
    );
    let documents = tail(&[&created[..], &["--json"]].concat()).await?;
    let documents: Vec<Value> = documents
        .lines()
        .map(serde_json::from_str)
        .collect::<serde_json::Result<_>>()?;
    let titles = documents
        .iter()
        .map(|event| &event["data"]["payload"]["title"]);
    assert_eq!(titles.collect::<Vec<_>>(), ["second", "third"]);
    assert_eq!(documents[0]["specversion"], "1.0");
    assert_eq!(tail(&["--topic", "nowhere", "--last", "9"]).await?, "");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_relay_brings_events_to_functions_that_are_served_elsewhere() -> Result {
    let database = Database::new().await?;
    let elsewhere = Start::serving_todo(&database)
        .await?
        .args(&["--event-sinks"])
        .run()
        .await?;
    let manifest = workspace().join("spin.toml").display().to_string();
    let relay = Start::command(&["relay", "--from", &manifest, "--admin-listen", "off"])?
        .args(&["--deliver", &elsewhere.api.url])
        .env("DATABASE_URL", &database.superuser_url)
        .run()
        .await?;
    let person = elsewhere.api.sign_up().await?;
    welcomed(&person).await?;
    let task = person.task(&json!({"title": "x"})).await?;
    logged(&person, &task).await?;
    assert_eq!(log(&person, &task).await?, ["todo.task.created"]);
    relay.stop().await?;
    elsewhere.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_only_events_call_has_a_sink_where_it_is_asked_for() -> Result {
    let database = Database::new().await?;
    let with = Start::serving_todo(&database)
        .await?
        .args(&["--event-sinks"]);
    let with = with.run().await?;
    let nobody = with.api.nobody();
    let event =
        json!({"specversion": "1.0", "id": "1", "source": "/s", "type": "unheard.of", "data": {}});
    let give = |path: &str| {
        let call = nobody.call(Method::POST, path);
        call.header("content-type", "application/cloudevents+json")
            .body(event.to_string())
    };
    assert_eq!(give("/_events/notify").send().await?.status, 204);
    assert_eq!(give("/_events/remind").send().await?.status, 204);
    give("/_events/audit")
        .send()
        .await?
        .problem(422, "invalid-fields");
    // Only requests call this one.
    give("/_events/tasks")
        .send()
        .await?
        .problem(404, "not-found");
    let got = nobody.get("/_events/notify").send().await?;
    assert_eq!(got.status, 405);
    with.stop().await?;
    let without = Start::serving_todo(&database).await?.run().await?;
    let nobody = without.api.nobody();
    let refused = nobody.post("/_events/notify", &event).send().await?;
    refused.problem(404, "not-found");
    without.stop().await?;
    Ok(())
}
