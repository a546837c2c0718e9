//! The checker sees what it is there to see: faults that are planted in a database
//! where all was well.

use crate::checker::Fault;
use crate::world::World;
use crate::{Result, alone};

/// What a handler that does its work writes.
const HANDLE: [&str; 3] = [
    "INSERT INTO spindrift.inbox (consumer, source, event_id) \
     SELECT 'audit', '/todo', headers->>'id' FROM spindrift.outbox",
    "INSERT INTO todo.task_event_log (event_id, user_id, subject, type, happened_at, payload) \
     SELECT (headers->>'id')::uuid, key::uuid, (headers->>'subject')::uuid, headers->>'type', \
     created_at, data->'payload' FROM spindrift.outbox ORDER BY id",
    "UPDATE spindrift.outbox SET published_at = now()",
];

/// The effect of the second person's third change.
const ONE: &str = "position = (SELECT position FROM todo.task_event_log \
    WHERE payload->>'title' = '2' ORDER BY position DESC LIMIT 1)";

/// A world in which everything went well.
async fn handled() -> Result<World> {
    let world = World::new().await?;
    world.writer(2).await?.write(10).await?;
    for statement in HANDLE {
        world.execute(statement).await?;
    }
    let verdict = world.verdict().await?;
    assert!(verdict.faults.is_empty(), "{:?}", verdict.faults);
    Ok(world)
}

/// The faults that are seen after these statements.
async fn seen(statements: &[&str]) -> Result<Vec<Fault>> {
    let world = handled().await?;
    for statement in statements {
        assert_ne!(world.execute(statement).await?, 0, "{statement}");
    }
    let verdict = world.verdict().await?;
    Ok(verdict.faults.iter().map(|(fault, _)| *fault).collect())
}

#[tokio::test]
async fn a_lost_effect_is_seen() -> Result {
    let _alone = alone().await;
    let gone = format!("DELETE FROM todo.task_event_log WHERE {ONE}");
    assert_eq!(seen(&[&gone]).await?, [Fault::Lost, Fault::Torn]);
    // With its trace.
    let forgotten = "DELETE FROM spindrift.inbox WHERE event_id NOT IN \
        (SELECT event_id::text FROM todo.task_event_log)";
    assert_eq!(seen(&[&gone, forgotten]).await?, [Fault::Lost]);
    Ok(())
}

#[tokio::test]
async fn a_lost_event_is_seen() -> Result {
    let _alone = alone().await;
    let gone = "DELETE FROM spindrift.outbox WHERE data->'payload'->>'title' = '2'";
    let faults = seen(&[gone]).await?;
    assert_eq!(
        faults.iter().filter(|fault| **fault == Fault::Lost).count(),
        2
    );
    Ok(())
}

#[tokio::test]
async fn a_doubled_effect_is_seen() -> Result {
    let _alone = alone().await;
    let doubled = format!(
        "INSERT INTO todo.task_event_log (event_id, user_id, subject, type, happened_at, payload) \
         SELECT event_id, user_id, subject, type, happened_at, payload \
         FROM todo.task_event_log WHERE {ONE}"
    );
    let faults = seen(&[&doubled]).await?;
    assert_eq!(faults, [Fault::Doubled, Fault::Reordered]);
    Ok(())
}

#[tokio::test]
async fn swapped_effects_are_seen() -> Result {
    let _alone = alone().await;
    let moved = format!(
        "WITH moved AS (DELETE FROM todo.task_event_log WHERE {ONE} RETURNING *) \
         INSERT INTO todo.task_event_log (event_id, user_id, subject, type, happened_at, payload) \
         SELECT event_id, user_id, subject, type, happened_at, payload FROM moved"
    );
    assert_eq!(seen(&[&moved]).await?, [Fault::Reordered]);
    Ok(())
}

#[tokio::test]
async fn an_unexplained_dead_letter_is_seen() -> Result {
    let _alone = alone().await;
    let dead = "INSERT INTO spindrift.dead_letters \
        (consumer, topic, key, headers, data, reason, code, attempts) \
        SELECT 'todo.audit', topic, key, headers, data, 'the function answered 500', 500, 11 \
        FROM spindrift.outbox LIMIT 1";
    assert_eq!(seen(&[dead]).await?, [Fault::UnexplainedDeadLetter]);
    Ok(())
}

#[tokio::test]
async fn what_still_waits_is_seen() -> Result {
    let _alone = alone().await;
    let unpublished = "UPDATE spindrift.outbox SET published_at = NULL \
        WHERE id = (SELECT min(id) FROM spindrift.outbox)";
    let undelivered = "INSERT INTO spindrift.deliveries (consumer, lane, outbox_id) \
        SELECT 'todo.audit', 0, min(id) FROM spindrift.outbox";
    let faults = seen(&[unpublished, undelivered]).await?;
    assert_eq!(faults, [Fault::LeftOver, Fault::LeftOver]);
    Ok(())
}

#[tokio::test]
async fn an_effect_that_nobody_asked_for_is_seen() -> Result {
    let _alone = alone().await;
    let unasked = "INSERT INTO todo.task_event_log \
        (event_id, user_id, subject, type, happened_at, payload) \
        SELECT gen_random_uuid(), user_id, subject, type, happened_at, '{\"title\": \"99\"}' \
        FROM todo.task_event_log LIMIT 1";
    assert_eq!(seen(&[unasked]).await?, [Fault::Unasked, Fault::Torn]);
    Ok(())
}
