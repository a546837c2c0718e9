//! Reminders, from the instant that they are for to the commit of their notification,
//! while other requests come as fast as they are answered.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::bench::progress;
use crate::database::Database;
use crate::load::{Figures, Generator, Requests};
use crate::side::Running;

/// How many, and over how long.
const COUNT: usize = 1000;
const SPREAD: TimeDelta = TimeDelta::seconds(60);

/// When the first is due. What is due within 90 s the API publishes itself, the rest
/// is for the minute's job: so both have their part.
const AHEAD: TimeDelta = TimeDelta::seconds(75);

/// How long the last one may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was measured: milliseconds that the notifications came late.
#[derive(Debug)]
pub(crate) struct Reminders {
    load: Figures,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

impl Display for Reminders {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            load,
            p50_ms,
            p99_ms,
            max_ms,
        } = self;
        write!(
            f,
            "{COUNT} reminders over {} s, beside {:.0} requests a second: late by p50 {p50_ms:.0} ms, \
             p99 {p99_ms:.0} ms, at most {max_ms:.0} ms. Bar: p99 2000 ms.",
            SPREAD.num_seconds(),
            load.requests_per_second
        )
    }
}

/// Measures the whole application. `load` is what else it has to do.
pub(crate) async fn measure(
    generator: &Generator,
    connections: usize,
    database: &Database,
    running: &Running,
    load: &Requests,
) -> Result<Reminders> {
    let first = Utc::now() + AHEAD;
    progress("tasks with reminders");
    write(database, running, first).await?;
    let rest = first + SPREAD - Utc::now();
    progress(&format!(
        "requests for {} s, until all are due",
        rest.num_seconds()
    ));
    let load = generator
        .run(running.base().as_str(), load, connections, rest.to_std()?)
        .await?;
    let deadline = Instant::now() + PATIENCE;
    while database.reminded().await? < COUNT as u64 {
        ensure!(
            Instant::now() < deadline,
            "{} of {COUNT} reminders came",
            database.reminded().await?
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let [p50_ms, p99_ms, max_ms] = database.reminder_lateness().await?;
    Ok(Reminders {
        load,
        p50_ms,
        p99_ms,
        max_ms,
    })
}

/// A task for each reminder, of one person after another.
async fn write(database: &Database, running: &Running, first: DateTime<Utc>) -> Result<()> {
    let (client, url) = (Client::new(), format!("{}/api/tasks", running.base()));
    for n in 0..COUNT {
        let token = database.tokens.get(n % database.tokens.len());
        let at = first + SPREAD * i32::try_from(n)? / i32::try_from(COUNT)?;
        let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
        let answer = client
            .post(&url)
            .bearer_auth(token.context("no tokens")?)
            .json(&json!({"title": "Water the plants", "remind_at": [at]}))
            .send()
            .await?;
        ensure!(answer.status() == StatusCode::CREATED, "{answer:?}");
    }
    Ok(())
}
