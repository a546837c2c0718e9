//! Events, from the commit of a change to the commit of their effect.
//!
//! Rows go into the outbox by SQL at an open-loop rate: whoever is slow gets no pause
//! for it. The function `audit` writes a row for each event. The effect's time is that
//! of its commit, as PostgreSQL keeps it; the event's is that of its statement, which
//! is before its commit: what is shown is a little too long, never too short.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::Utc;
use domain::task::{Change, TaskFields};
use tokio::time::{MissedTickBehavior, interval};
use uuid::Uuid;

use crate::bench::progress;
use crate::database::{Database, Records};
use crate::subjects::TASK;

/// How often rows are inserted.
const TICK: Duration = Duration::from_millis(10);

/// A rate that nobody keeps up with, and one that everybody should.
const FLOOD: u64 = 10_000;
const CALM: u64 = 1000;

/// How many people events are of, one after another. An event waits for those before it
/// in its partition: of few people, some partition has several, and others have none.
const PEOPLE: usize = 1000;

/// How long everybody works before anything is measured: a broker compiles meanwhile.
const WARM: Duration = Duration::from_secs(10);

/// How often the effects are counted, each time all of them.
const LOOK: Duration = Duration::from_millis(250);

/// How long the last event may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// How events reach functions.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// From the outbox.
    Direct,
    /// Through Kafka.
    Kafka,
}

impl Way {
    /// How many a second it has to bring to one function.
    pub(crate) fn bar(self) -> f64 {
        match self {
            Self::Direct => 2500.0,
            Self::Kafka => 2000.0,
        }
    }
}

impl Display for Way {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Direct => "Straight",
            Self::Kafka => "Through Kafka",
        })
    }
}

/// What was measured.
#[derive(Debug)]
pub(crate) struct Events {
    /// Effects committed a second, while there was always more to do.
    pub(crate) sustained: f64,
    /// Events of the flood.
    pub(crate) flood: u64,
    /// Milliseconds from an event to its effect at [`CALM`] a second.
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) max_ms: f64,
}

impl Display for Events {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            sustained,
            flood,
            p50_ms,
            p99_ms,
            max_ms,
        } = self;
        write!(
            f,
            "{sustained:.0} events a second (of {flood} that came at {FLOOD} a second); \
             at {CALM} a second, from change to effect: p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, \
             longest {max_ms:.1} ms"
        )
    }
}

/// Measures whoever delivers the outbox of `database` now.
pub(crate) async fn measure(database: &Database, seconds: u64) -> Result<Events> {
    let people = database.more_people(PEOPLE).await?;
    progress("warming up");
    run(database, &people, CALM, WARM).await?;
    progress("events at a rate that nobody keeps up with");
    let flood = run(database, &people, FLOOD, Duration::from_secs(seconds)).await?;
    let sustained = database.effects_per_second().await?;
    progress(&format!("{CALM} events a second"));
    run(database, &people, CALM, Duration::from_secs(seconds)).await?;
    let [p50_ms, p99_ms, max_ms] = database.event_latency().await?;
    Ok(Events {
        sustained,
        flood,
        p50_ms,
        p99_ms,
        max_ms,
    })
}

/// Inserts events at a rate, and waits until each has had its effect. Answers how
/// many they were.
async fn run(database: &Database, people: &[Uuid], rate: u64, length: Duration) -> Result<u64> {
    database.forget_events().await?;
    let each = (rate * TICK.as_millis() as u64).div_ceil(1000).max(1);
    let ticks = (rate as f64 * length.as_secs_f64() / each as f64).ceil() as u64;
    let mut ticker = interval(length.div_f64(ticks as f64));
    // A tick that came late is made up for: the rate is the rate.
    ticker.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let fields = TaskFields::parse(serde_json::from_str(TASK)?)
        .map_err(|invalid| anyhow::anyhow!("{invalid:?}"))?;
    let mut people = people.iter().cycle();
    let mut batches = Vec::new();
    for _ in 0..ticks {
        batches.push(batch(people.by_ref().take(each as usize), &fields)?);
    }
    for records in batches {
        ticker.tick().await;
        database.insert_events(&records).await?;
    }
    let (all, deadline) = (ticks * each, Instant::now() + PATIENCE);
    loop {
        let left = all.saturating_sub(database.effects().await?);
        if left == 0 {
            break;
        }
        ensure!(
            Instant::now() < deadline,
            "{left} of {all} events have no effect"
        );
        tokio::time::sleep(LOOK).await;
    }
    Ok(all)
}

/// Records of new tasks, one of each person.
fn batch<'a>(people: impl Iterator<Item = &'a Uuid>, fields: &TaskFields) -> Result<Records> {
    let mut records = Records::default();
    for &person in people {
        let now = Utc::now();
        let change = Change::create(Uuid::now_v7(), person, fields.clone(), now);
        let events = change.events(now, None, Uuid::now_v7)?;
        let event = events.first().context("a new task has an event")?;
        let record = serde_json::to_value(event.record())?;
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        records.topics.push(text("topic"));
        records.keys.push(text("key"));
        records.headers.push(record["headers"].to_string());
        records.data.push(record["data"].to_string());
    }
    Ok(records)
}
