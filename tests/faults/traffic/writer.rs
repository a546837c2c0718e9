//! Events by SQL.

use std::time::Duration;

use anyhow::{Context, Result};
use chrono::Utc;
use domain::task::{Change, TaskFields};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::ledger::{Name, Shared};

/// How often rows are inserted at a rate.
const TICK: Duration = Duration::from_millis(10);

const INSERT: &str = "INSERT INTO spindrift.outbox (topic, key, headers, data) \
    SELECT record->>'topic', record->>'key', record->'headers', record->'data' \
    FROM jsonb_array_elements($1::text::jsonb) AS record";

/// People who write new tasks into the outbox, in turn.
pub(crate) struct Writer {
    pub(crate) client: Client,
    pub(crate) people: Vec<Uuid>,
    /// Events so far.
    count: usize,
    ledger: Shared,
}

impl Writer {
    pub(crate) fn new(client: Client, people: Vec<Uuid>, ledger: Shared) -> Self {
        Self {
            client,
            people,
            count: 0,
            ledger,
        }
    }

    /// The next person's next event, not sent yet.
    pub(crate) fn next(&mut self) -> Result<(Name, Uuid, Value)> {
        let person = self.people[self.count % self.people.len()];
        let sequence = i32::try_from(self.count / self.people.len())?;
        self.count += 1;
        let (name, id) = (Name { person, sequence }, Uuid::now_v7());
        Ok((name, id, record(name, id)?))
    }

    /// Writes the next events in one transaction. Answers their records.
    pub(crate) async fn write(&mut self, count: usize) -> Result<Vec<Value>> {
        let mut names = Vec::with_capacity(count);
        let mut records = Vec::with_capacity(count);
        for _ in 0..count {
            let (name, id, record) = self.next()?;
            self.ledger.open().send(name, Some(id));
            names.push(name);
            records.push(record);
        }
        self.insert(&records).await?;
        for name in names {
            self.ledger.open().acknowledge(name);
        }
        Ok(records)
    }

    /// Writes `count` events, so many a second, whatever becomes of them.
    pub(crate) async fn write_at(&mut self, rate: usize, count: usize) -> Result<()> {
        let each = (rate * TICK.as_millis() as usize).div_ceil(1000).max(1);
        let mut ticker = interval(TICK.mul_f64(each as f64 * 100.0 / rate as f64));
        // A tick that came late is made up for: the rate is the rate.
        ticker.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let mut left = count;
        while left > 0 {
            ticker.tick().await;
            let batch = each.min(left);
            self.write(batch).await?;
            left -= batch;
        }
        Ok(())
    }

    /// Inserts records, and notes nothing.
    pub(crate) async fn insert(&self, records: &[Value]) -> Result<()> {
        let records = Value::from(records).to_string();
        self.client.execute(INSERT, &[&records]).await?;
        Ok(())
    }
}

/// The record of a new task, as the application writes it.
pub(crate) fn record(name: Name, event_id: Uuid) -> Result<Value> {
    let fields = json!({"title": name.sequence.to_string()});
    let fields = TaskFields::parse(fields).map_err(|invalid| anyhow::anyhow!("{invalid:?}"))?;
    let now = Utc::now();
    let change = Change::create(Uuid::now_v7(), name.person, fields, now);
    let events = change.events(now, None, || event_id)?;
    let event = events.first().context("a new task has an event")?;
    Ok(serde_json::to_value(event.record())?)
}
