//! Events that nobody can handle: each is put aside with its reason, and what is
//! behind it goes on.

use anyhow::ensure;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ledger::{Name, Poison};
use crate::ticks::witness;
use crate::traffic::record;
use crate::world::World;
use crate::{Result, alone};

/// Who subscribes to events of tasks.
const ALL: &[&str] = &["todo.audit", "todo.notify", "todo.recur"];
/// Who does not pass over those of new tasks.
const AUDIT: &[&str] = &["todo.audit"];

/// What is wrong with an event, who will say so, and how.
struct Kind {
    name: &'static str,
    spoil: fn(&mut Value),
    consumers: &'static [&'static str],
    reason: &'static str,
}

const KINDS: [Kind; 13] = [
    Kind {
        name: "no id",
        spoil: |record| record["headers"]["id"] = json!(""),
        consumers: ALL,
        reason: "has no `id`",
    },
    Kind {
        name: "a number for a text",
        spoil: |record| record["headers"]["subject"] = json!(7),
        consumers: ALL,
        reason: "not all text",
    },
    Kind {
        name: "an older CloudEvents",
        spoil: |record| record["headers"]["specversion"] = json!("0.3"),
        consumers: ALL,
        reason: "CloudEvents 0.3",
    },
    Kind {
        name: "a name that cannot be",
        spoil: |record| record["headers"]["Bad-Name"] = json!("x"),
        consumers: ALL,
        reason: "cannot be the name of an attribute",
    },
    Kind {
        name: "a line break",
        spoil: |record| record["headers"]["subject"] = json!("a\r\nb: c"),
        consumers: ALL,
        reason: "control characters",
    },
    Kind {
        name: "an id without end",
        spoil: |record| record["headers"]["id"] = json!("7".repeat(4000)),
        consumers: ALL,
        reason: "answered 400",
    },
    Kind {
        name: "no instant",
        spoil: |record| record["headers"]["time"] = json!("yesterday"),
        consumers: ALL,
        reason: "answered 400",
    },
    Kind {
        name: "not JSON by its own word",
        spoil: |record| record["headers"]["datacontenttype"] = json!("text/plain"),
        consumers: ALL,
        reason: "answered 415",
    },
    Kind {
        name: "a version to come",
        spoil: |record| {
            record["headers"]["dataschema"] = json!("urn:spindrift:schema:todo.task.created:99");
        },
        consumers: AUDIT,
        reason: "answered 422",
    },
    Kind {
        name: "a type that is not known",
        spoil: |record| record["headers"]["type"] = json!("todo.task.exploded"),
        consumers: AUDIT,
        reason: "answered 422",
    },
    Kind {
        name: "a member of another type",
        spoil: |record| record["data"]["payload"]["title"] = json!(["x"]),
        consumers: AUDIT,
        reason: "answered 422",
    },
    Kind {
        name: "no members at all",
        spoil: |record| record["data"] = json!("x"),
        consumers: AUDIT,
        reason: "answered 422",
    },
    Kind {
        name: "nobody's",
        spoil: |record| record["data"]["userId"] = json!("somebody"),
        consumers: AUDIT,
        reason: "answered 422",
    },
];

/// An event of this kind, in the lane of a person.
fn spoiled(kind: &Kind, person: Uuid) -> Result<Value> {
    let mut record = record(
        Name {
            person,
            sequence: 0,
        },
        Uuid::now_v7(),
    )?;
    record["headers"]["poison"] = json!(kind.name);
    (kind.spoil)(&mut record);
    Ok(record)
}

#[tokio::test]
async fn an_event_that_nobody_can_read_is_a_dead_letter_with_its_reason() -> Result {
    let _alone = alone().await;
    let world = World::new().await?;
    let running = world.todo().await?.run().await?;
    let mut writer = world.writer(2).await?;
    for kind in &KINDS {
        let poison = |consumer: &&'static str| Poison {
            consumer,
            reason: kind.reason,
        };
        let poisons = kind.consumers.iter().map(poison).collect();
        world.ledger.open().poison.insert(kind.name, poisons);
        writer.write(4).await?;
        writer.insert(&[spoiled(kind, writer.people[0])?]).await?;
        writer.write(4).await?;
    }
    world.finish("poison", running).await
}

/// An event for the witness.
fn witnessed(id: usize, more: &[(&str, &str)]) -> Value {
    let id = id.to_string();
    let mut headers = json!({
        "specversion": "1.0", "id": id, "source": "/test", "type": "test.ordinary",
        "datacontenttype": "application/json",
    });
    for (name, value) in more {
        headers[*name] = json!(value);
    }
    json!({"topic": "witnessed", "key": "one lane", "headers": headers, "data": {}})
}

#[tokio::test]
async fn an_event_that_its_handler_dies_of_is_given_up_and_the_lane_goes_on() -> Result {
    const EVENTS: usize = 30;
    let _alone = alone().await;
    let world = World::new().await?;
    let poison = Poison {
        consumer: "test.witness",
        reason: "the function failed",
    };
    world.ledger.open().poison.insert("panic", vec![poison]);
    let dies = [("type", "test.panic"), ("poison", "panic")];
    let event = |id| witnessed(id, if id == EVENTS / 2 { &dies } else { &[] });
    let records: Vec<Value> = (0..EVENTS).map(event).collect();
    let running = witness(&world).await?.run().await?;
    world.writer(0).await?.insert(&records).await?;
    world.drained().await?;
    let others = "SELECT count(DISTINCT event_id) FROM witness.deliveries WHERE source = '/test'";
    ensure!(world.number(others).await? == EVENTS as i64 - 1);
    let swapped = "SELECT count(*) FROM (SELECT event_id::int < lag(event_id::int) \
        OVER (ORDER BY position) AS back FROM witness.deliveries WHERE source = '/test') steps \
        WHERE back";
    ensure!(world.number(swapped).await? == 0);
    let attempts = "SELECT attempts::bigint FROM spindrift.dead_letters";
    ensure!(world.number(attempts).await? == 3, "it was not tried again");
    world.finish("a handler that dies", running).await
}
