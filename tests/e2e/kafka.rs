//! Events through a real Kafka, from a change to what its event does.

use std::time::Duration;

use serde_json::{Value, json};
use spindrift_test_kafka::{Kafka, Options, skipped};
use spindrift_tests::{Database, Start, until, workspace};

use crate::Result;
use crate::events::{killed_while_writing, log, logged, notifications, welcomed};

async fn todo(database: &Database, brokers: &str) -> Result<Start> {
    let start = Start::todo(database).await?;
    Ok(start.args(&["--kafka-brokers", brokers]))
}

/// A command on the application's manifest.
fn command(arguments: &[&str], database: &Database, brokers: &str) -> Result<Start> {
    let manifest = workspace().join("spin.toml");
    let start = Start::command(arguments)?.args(&["--from", &manifest.display().to_string()]);
    let start = start.env("DATABASE_URL", &database.superuser_url);
    Ok(start.env("KAFKA_BROKERS", brokers))
}

/// What a command says that has to succeed.
async fn said(start: Start) -> Result<String> {
    let ended = start.end().await?;
    assert!(ended.status.success(), "{}", ended.stderr);
    Ok(ended.stdout)
}

#[tokio::test]
async fn killed_again_and_again_it_loses_no_event_and_doubles_none() -> Result {
    if skipped() {
        return Ok(());
    }
    let (kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    let start = todo(&database, &kafka.bootstrap()).await?;
    let (person, running) = killed_while_writing(start, 3, Duration::from_millis(500)).await?;
    // Its handler has a consumer of its own, which may still be joining.
    welcomed(&person).await?;
    assert_eq!(notifications(&person, "welcome").await?.len(), 1);
    // None of it went past Kafka.
    let direct = "SELECT count(*) FROM spindrift.deliveries";
    assert_eq!(database.count(direct).await?, 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn while_the_broker_is_away_the_api_goes_on_and_nothing_is_lost() -> Result {
    if skipped() {
        return Ok(());
    }
    let (mut kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    let running = todo(&database, &kafka.bootstrap()).await?.run().await?;
    let person = running.api.sign_up().await?;
    welcomed(&person).await?;
    kafka.kill(0);
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(person.task(&json!({"title": "x"})).await?);
    }
    let waiting = "SELECT count(*) FROM spindrift.outbox WHERE published_at IS NULL";
    assert!(database.count(waiting).await? >= 20);
    kafka.restart(0).await?;
    for task in &tasks {
        logged(&person, task).await?;
        assert_eq!(log(&person, task).await?, ["todo.task.created"]);
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_event_that_nobody_understands_is_in_a_topic_and_can_be_replayed() -> Result {
    if skipped() {
        return Ok(());
    }
    let (kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    let brokers = kafka.bootstrap();
    let running = todo(&database, &brokers).await?.run().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    database.rows(FROM_TOMORROW).await?;
    let list = ["dlq", "list", "--event-id", "from-tomorrow"];
    let audits = async || {
        let listed = said(command(&list, &database, &brokers).ok()?).await.ok()?;
        let audits = listed.lines().filter(|line| line.contains("todo.audit"));
        let audits: Vec<String> = audits.map(str::to_owned).collect();
        (!audits.is_empty()).then_some(audits)
    };
    let listed = until("the dead letter", audits).await?;
    assert!(
        listed[0].contains("the function answered 422"),
        "{listed:?}"
    );
    let name = listed[0].split(' ').next().unwrap_or("");
    assert!(name.starts_with("todo-events.dlq/"), "{name}");
    let shown = said(command(&["dlq", "show", name], &database, &brokers)?).await?;
    let shown: Value = serde_json::from_str(&shown)?;
    assert_eq!(shown["data"]["payload"]["id"], task["id"]);
    let replayed = said(command(&["dlq", "replay", name], &database, &brokers)?).await?;
    assert_eq!(replayed.trim(), "Replayed 1 dead letters");
    // It is as incomprehensible as before.
    until("the dead letter again", async || {
        (audits().await?.len() == 2).then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}

/// An event as the one of a task that is there, of a version that is not made yet, under
/// another id.
const FROM_TOMORROW: &str = "INSERT INTO spindrift.outbox (topic, key, headers, data) \
     SELECT topic, key, headers || '{\"id\": \"from-tomorrow\", \
     \"dataschema\": \"urn:spindrift:schema:todo.task.created:99\"}', data \
     FROM spindrift.outbox WHERE headers->>'type' = 'todo.task.created'";

#[tokio::test]
async fn environments_share_brokers_and_nothing_else() -> Result {
    if skipped() {
        return Ok(());
    }
    let kafka = Kafka::start(Options::nodes(1)).await?;
    let (production, staging) = (Database::new().await?, Database::new().await?);
    let brokers = kafka.bootstrap();
    let prefix = |start: Start| start.variable("kafka_topic_prefix", "staging-");
    let first = todo(&production, &brokers).await?.run().await?;
    let second = prefix(todo(&staging, &brokers).await?).run().await?;
    for running in [&first, &second] {
        let person = running.api.sign_up().await?;
        for _ in 0..5 {
            let task = person.task(&json!({"title": "x"})).await?;
            logged(&person, &task).await?;
        }
    }
    staging.rows(FROM_TOMORROW).await?;
    let list = |database| command(&["dlq", "list"], database, &brokers);
    let listed = until("the dead letter", async || {
        let listed = said(prefix(list(&staging).ok()?)).await.ok()?;
        listed.contains("staging-todo.audit").then_some(listed)
    })
    .await?;
    assert!(listed.contains("staging-todo-events.dlq/"), "{listed}");
    assert_eq!(said(list(&production)?).await?, "No dead letters\n");
    first.stop().await?;
    second.stop().await?;
    Ok(())
}

#[tokio::test]
async fn of_two_relays_one_works_and_the_other_takes_over() -> Result {
    if skipped() {
        return Ok(());
    }
    let (kafka, database) = (
        Kafka::start(Options::nodes(1)).await?,
        Database::new().await?,
    );
    let brokers = kafka.bootstrap();
    let relay = command(
        &["relay", "--admin-listen", "127.0.0.1:0"],
        &database,
        &brokers,
    )?;
    let relay = relay.run().await?;
    let works = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted \
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("a relay that works", async || {
        (database.count(works).await.ok()? > 0).then_some(())
    })
    .await?;
    let up = todo(&database, &brokers).await?.run().await?;
    let person = up.api.sign_up().await?;
    welcomed(&person).await?;
    relay.kill().await?;
    let task = person.task(&json!({"title": "x"})).await?;
    logged(&person, &task).await?;
    assert_eq!(log(&person, &task).await?, ["todo.task.created"]);
    up.stop().await?;
    Ok(())
}
