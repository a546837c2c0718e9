//! What is in the database after a scenario.

use anyhow::{Context, Result};
use spindrift_tests::Database;
use tokio_postgres::{Client, Row};
use uuid::Uuid;

use crate::ledger::Name;

/// The consumer whose effects are looked at: the name that `audit` gives the inbox.
const HANDLER: &str = "audit";

/// An event in the outbox that the handler subscribes to.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) event_id: String,
    /// `None` for what is no change of a task.
    pub(crate) name: Option<Name>,
}

/// A row that an event's handler wrote.
#[derive(Debug)]
pub(crate) struct Effect {
    pub(crate) event_id: String,
    pub(crate) name: Option<Name>,
}

/// An event that was given up.
#[derive(Debug)]
pub(crate) struct DeadLetter {
    pub(crate) consumer: String,
    /// The attribute of what was made to be one.
    pub(crate) poison: Option<String>,
    pub(crate) event_id: String,
    pub(crate) reason: String,
}

/// Everything that the checker looks at.
#[derive(Debug)]
pub(crate) struct Found {
    /// Without what was sent to be a dead letter.
    pub(crate) written: Vec<Written>,
    /// In the order in which they came.
    pub(crate) effects: Vec<Effect>,
    /// Ids of events that the handler remembers.
    pub(crate) inbox: Vec<String>,
    pub(crate) dead_letters: Vec<DeadLetter>,
    /// Due and not published.
    pub(crate) unpublished: i64,
    /// Published and not delivered.
    pub(crate) undelivered: i64,
}

/// What names a change, of columns `person` and `title`; where there is none, nulls.
const WRITTEN: &str = "SELECT headers->>'id', \
    CASE WHEN topic = 'todo-events' THEN (data->>'userId')::uuid END, \
    CASE WHEN topic = 'todo-events' THEN (data->'payload'->>'title')::int END \
    FROM spindrift.outbox \
    WHERE topic IN ('todo-events', 'user-events') AND NOT headers ? 'poison' ORDER BY id";

const EFFECTS: &str = "SELECT event_id::text, user_id, (payload->>'title')::int \
    FROM todo.task_event_log ORDER BY position";

const ACCOUNT_EFFECTS: &str =
    "SELECT event_id::text, NULL::uuid, NULL::int FROM todo.account_event_log";

impl Found {
    /// Reads it all.
    pub(crate) async fn read(database: &Database) -> Result<Self> {
        let client = database.connect().await?;
        let mut effects = effects(&client, EFFECTS).await?;
        effects.extend(self::effects(&client, ACCOUNT_EFFECTS).await?);
        let [unpublished, undelivered] = left_over(&client).await?;
        Ok(Self {
            written: written(&client).await?,
            effects,
            inbox: inbox(&client).await?,
            dead_letters: dead_letters(&client).await?,
            unpublished,
            undelivered,
        })
    }
}

/// Events that are due and unpublished, and deliveries that are not over.
pub(crate) async fn left_over(client: &Client) -> Result<[i64; 2]> {
    let sql = "SELECT \
        (SELECT count(*) FROM spindrift.outbox WHERE published_at IS NULL AND available_at <= now()), \
        (SELECT count(*) FROM spindrift.deliveries)";
    let row = client.query_one(sql, &[]).await?;
    Ok([row.get(0), row.get(1)])
}

/// Events that are published and that the handler does not remember: with Kafka,
/// nothing in the database tells which are read.
pub(crate) async fn unread(client: &Client) -> Result<i64> {
    let sql = "SELECT count(*) FROM spindrift.outbox event \
        WHERE topic IN ('todo-events', 'user-events') AND NOT headers ? 'poison' \
        AND NOT EXISTS (SELECT FROM spindrift.inbox handled WHERE consumer = $1 \
            AND handled.source = headers->>'source' AND handled.event_id = headers->>'id')";
    Ok(client.query_one(sql, &[&HANDLER]).await?.get(0))
}

async fn written(client: &Client) -> Result<Vec<Written>> {
    let rows = client.query(WRITTEN, &[]).await.context("the outbox")?;
    let read = |row: &Row| Written {
        event_id: row.get(0),
        name: name(row),
    };
    Ok(rows.iter().map(read).collect())
}

async fn effects(client: &Client, sql: &str) -> Result<Vec<Effect>> {
    let rows = client.query(sql, &[]).await.context("the effects")?;
    let read = |row: &Row| Effect {
        event_id: row.get(0),
        name: name(row),
    };
    Ok(rows.iter().map(read).collect())
}

/// The name in the second and third column.
fn name(row: &Row) -> Option<Name> {
    Some(Name {
        person: row.get::<_, Option<Uuid>>(1)?,
        sequence: row.get::<_, Option<i32>>(2)?,
    })
}

async fn inbox(client: &Client) -> Result<Vec<String>> {
    let sql = "SELECT event_id FROM spindrift.inbox WHERE consumer = $1";
    let rows = client.query(sql, &[&HANDLER]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

async fn dead_letters(client: &Client) -> Result<Vec<DeadLetter>> {
    let sql = "SELECT consumer, headers->>'poison', coalesce(headers->>'id', ''), reason \
        FROM spindrift.dead_letters ORDER BY id";
    let read = |row: &Row| DeadLetter {
        consumer: row.get(0),
        poison: row.get(1),
        event_id: row.get(2),
        reason: row.get(3),
    };
    Ok(client.query(sql, &[]).await?.iter().map(read).collect())
}
