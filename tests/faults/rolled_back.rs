//! A change that did not happen is told to nobody.

use serde_json::{Value, json};
use spindrift_tests::Running;

use crate::traffic::Writer;
use crate::world::World;
use crate::{Result, alone};

/// An insert that is taken back, in the middle of others that are not.
async fn roll_back(writer: &mut Writer) -> Result {
    let (_, _, record) = writer.next()?;
    writer.client.batch_execute("BEGIN").await?;
    writer.insert(&[record]).await?;
    writer.client.batch_execute("ROLLBACK").await?;
    Ok(())
}

/// A task whose event cannot be written, and whose change therefore fails.
async fn fail(world: &World, running: &Running) -> Result {
    let closed = "ALTER TABLE spindrift.outbox ADD CONSTRAINT closed \
        CHECK (data->'payload'->>'title' <> 'refused') NOT VALID";
    world.execute(closed).await?;
    let person = running.api.sign_up().await?;
    let task = json!({"title": "refused"});
    let answer = person.post("/api/tasks", &task).send().await?;
    answer.problem(500, "internal-error");
    let tasks = person.tasks("").await?;
    assert_eq!(tasks["items"], Value::from(Vec::<Value>::new()));
    Ok(())
}

#[tokio::test]
async fn a_change_that_is_rolled_back_publishes_nothing() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let running = world.todo().await?.run().await?;
    let mut writer = world.writer(4).await?;
    let mut callers = world.callers(&running.api.url, 1).await?;
    for _ in 0..20 {
        writer.write(3).await?;
        roll_back(&mut writer).await?;
        for caller in &mut callers {
            assert!(caller.change().await?, "a change was not acknowledged");
        }
    }
    fail(&world, &running).await?;
    world.finish("rolled back", running).await
}
