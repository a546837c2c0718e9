//! Twice the load that can be borne: who is let in gets an answer soon, the others are
//! told to come back later.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use reqwest::{Client, StatusCode};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::bench::{Bench, progress};
use crate::load::Requests;
use crate::report::{Report, Table};

/// A request that costs some milliseconds: the load is to wear out the server, and not
/// whoever makes it.
const PATH: &str = "/worker/burn?n=3000000";

/// The most that the slowest hundredth of those let in may take, in milliseconds.
const BAR: f64 = 200.0;

/// How often requests are sent.
const TICK: Duration = Duration::from_millis(10);

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    progress("measuring twice the load that can be borne");
    let side = bench.programs.neighbours(&bench.folder);
    let running = side.start(&bench.folder, "/hello").await?;
    let time = Duration::from_secs(bench.plan.seconds);
    let requests = Requests::get(PATH);
    let borne = bench
        .generator
        .run(&running.base(), &requests, 8, time)
        .await
        .with_context(|| running.last_words())?
        .requests_per_second;
    let url = format!("{}{PATH}", running.base());
    let answers = flood(&url, borne * 2.0, time * 3).await?;
    running.stop().await?;

    let mut table = Table::new(
        "Twice the load that can be borne, of requests that work",
        &[
            "offered a second",
            "served a second",
            "refused a second",
            "p50 ms",
            "p99 ms",
        ],
    );
    let seconds = (time * 3).as_secs_f64();
    let served = answers.served.len() as f64 / seconds;
    let (p50, p99) = (answers.percentile(50), answers.percentile(99));
    table.row(
        "at what can be borne",
        [
            format!("{borne:.0}"),
            format!("{borne:.0}"),
            "0".into(),
            String::new(),
            String::new(),
        ],
    );
    table.row(
        "at twice that",
        [
            format!("{:.0}", borne * 2.0),
            format!("{served:.0}"),
            format!("{:.0}", answers.refused as f64 / seconds),
            format!("{p50:.0}"),
            format!("{p99:.0}"),
        ],
    );
    table.at_most("p99 of those let in, ms", p99, BAR);
    table.at_least("served, of what can be borne", served / borne, 0.8);
    report.add(table);
    Ok(())
}

/// What came back.
#[derive(Default)]
struct Answers {
    /// Milliseconds of each that was served.
    served: Vec<f64>,
    /// How many were told to come back later.
    refused: usize,
}

impl Answers {
    fn percentile(&self, percent: usize) -> f64 {
        let mut sorted = self.served.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().saturating_sub(1);
        sorted.get(last * percent / 100).copied().unwrap_or(0.0)
    }
}

/// Sends at `rate` for `time`, whether answers come or not. Each has to come, as 200 or
/// as 503 with `Retry-After`.
async fn flood(url: &str, rate: f64, time: Duration) -> Result<Answers> {
    let client = Client::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sent = JoinSet::new();
    let mut owed = 0.0;
    let mut answers = Answers::default();
    let began = Instant::now();
    while began.elapsed() < time {
        ticks.tick().await;
        owed += rate * TICK.as_secs_f64();
        while owed >= 1.0 {
            owed -= 1.0;
            sent.spawn(ask(client.clone(), url.to_owned()));
        }
        while let Some(answer) = sent.try_join_next() {
            answers.add(answer??);
        }
    }
    while let Some(answer) = sent.join_next().await {
        answers.add(answer??);
    }
    Ok(answers)
}

impl Answers {
    fn add(&mut self, served: Option<f64>) {
        match served {
            Some(millis) => self.served.push(millis),
            None => self.refused += 1,
        }
    }
}

/// Milliseconds until it was served; none when it was refused.
async fn ask(client: Client, url: String) -> Result<Option<f64>> {
    let began = Instant::now();
    let answer = client.get(url).send().await?;
    if answer.status() == StatusCode::SERVICE_UNAVAILABLE {
        let said = answer.headers().contains_key("retry-after");
        ensure!(said, "a 503 without Retry-After");
        return Ok(None);
    }
    ensure!(answer.status() == StatusCode::OK, "{}", answer.status());
    answer.bytes().await?;
    Ok(Some(began.elapsed().as_secs_f64() * 1e3))
}
