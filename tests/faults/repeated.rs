//! The same event again, and later events before earlier ones.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::World;
use crate::{Result, alone};

#[tokio::test]
async fn an_event_that_comes_again_has_no_second_effect() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let mut writer = world.writer(5).await?;
    let running = world.todo().await?.run().await?;
    let mut earlier: Vec<Value> = Vec::new();
    for _ in 0..20 {
        let records = writer.write(10).await?;
        // At once and side by side, in the same lane.
        writer.insert(&records[..5]).await?;
        // Much later, behind what came after it.
        let old: Vec<Value> = earlier.iter().step_by(7).cloned().collect();
        writer.insert(&old).await?;
        earlier.extend(records);
    }
    world.drained().await?;
    // Rows that are taken off the outbox again, as after a crash of the server.
    let replayed = world
        .execute("UPDATE spindrift.outbox SET published_at = NULL WHERE id % 3 = 0")
        .await?;
    // Deliveries that were settled, and come back.
    let delivered = "INSERT INTO spindrift.deliveries (consumer, lane, outbox_id) \
        SELECT 'todo.audit', hashtext(key) & 15, id FROM spindrift.outbox \
        WHERE id % 5 = 0 ORDER BY id DESC";
    let again = world.execute(delivered).await?;
    assert!(replayed > 50 && again > 30, "{replayed} {again}");
    // The deliveries wait for something new: nobody else writes into that table.
    writer.write(1).await?;
    world.finish("repeated", running).await
}

#[tokio::test]
async fn events_that_come_in_another_order_each_have_their_effect_once() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let mut writer = world.writer(5).await?;
    world.ledger.open().shuffled.extend(writer.people.clone());
    let mut records = Vec::new();
    for _ in 0..200 {
        let (name, id, record) = writer.next()?;
        world.ledger.open().send(name, Some(id));
        records.push((name, record));
    }
    fastrand::shuffle(&mut records);
    let running = world.todo().await?.run().await?;
    for batch in records.chunks(10) {
        let rows: Vec<Value> = batch.iter().map(|(_, record)| record.clone()).collect();
        writer.insert(&rows).await?;
        writer.insert(&rows[3..7]).await?;
        // Also in another lane: two deliveries of one event at the same time.
        let mut elsewhere = rows;
        for row in &mut elsewhere {
            row["key"] = json!(Uuid::now_v7());
        }
        writer.insert(&elsewhere).await?;
        for (name, _) in batch {
            world.ledger.open().acknowledge(*name);
        }
    }
    world.finish("shuffled", running).await
}
