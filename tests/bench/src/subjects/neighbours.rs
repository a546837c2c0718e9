//! A function beside four requests that never end.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use tokio::task::JoinSet;

use crate::bench::{Bench, progress};
use crate::load::{Figures, Requests};
use crate::measure::median;
use crate::report::{Report, Table};
use crate::side::Running;

/// Requests that loop.
const LOOPS: usize = 4;

/// How many times the idle one's the p99 may be.
const BAR: f64 = 3.0;

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    progress("measuring a function beside busy ones");
    let side = bench.programs.neighbours(&bench.folder);
    let running = side.start(&bench.folder, "/hello").await?;
    run(bench, &running).await?;
    let mut quiet = Vec::new();
    let mut noisy = Vec::new();
    for _ in 0..bench.plan.rounds {
        quiet.push(run(bench, &running).await?);
        let noise = Noise::make(&running).await;
        noisy.push(run(bench, &running).await?);
        noise.end().await;
    }
    running.stop().await?;

    let mut table = Table::new(
        &format!("GET /hello, one connection, beside {LOOPS} requests to a function that loops"),
        &["requests/s", "p50 ms", "p99 ms"],
    );
    let figures = |runs: &[Figures]| {
        [
            median(runs.iter().map(|run| run.requests_per_second)),
            median(runs.iter().map(|run| run.p50_ms)),
            median(runs.iter().map(|run| run.p99_ms)),
        ]
    };
    let (quiet, noisy) = (figures(&quiet), figures(&noisy));
    for (name, [rate, p50, p99]) in [("alone", quiet), ("with the loops", noisy)] {
        table.row(
            name,
            [
                format!("{rate:.0}"),
                format!("{p50:.3}"),
                format!("{p99:.3}"),
            ],
        );
    }
    let [_, _, idle] = quiet;
    let [_, _, busy] = noisy;
    table.at_most("p99 with the loops, over the one without", busy / idle, BAR);
    report.add(table);
    Ok(())
}

async fn run(bench: &Bench, running: &Running) -> Result<Figures> {
    let time = Duration::from_secs(bench.plan.seconds_alone);
    let requests = Requests::get("/hello");
    bench
        .generator
        .run(&running.base(), &requests, 1, time)
        .await
        .with_context(|| running.last_words())
}

/// Requests that loop until they are ended.
struct Noise(JoinSet<()>);

impl Noise {
    async fn make(running: &Running) -> Self {
        let client = Client::new();
        let mut loops = JoinSet::new();
        for _ in 0..LOOPS {
            let (client, url) = (client.clone(), format!("{}/busy/loop", running.base()));
            loops.spawn(async move {
                // Each ends when its processor time is used up.
                loop {
                    drop(client.get(&url).send().await);
                }
            });
        }
        // Until they are known for what they are.
        tokio::time::sleep(Duration::from_secs(1)).await;
        Self(loops)
    }

    async fn end(mut self) {
        self.0.shutdown().await;
        // A function ends soon after its client has gone.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
