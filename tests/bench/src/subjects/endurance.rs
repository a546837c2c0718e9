//! Thousands of connections that wait, a thousand that work, and millions of requests.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::{Bench, progress};
use crate::load::Requests;
use crate::report::{Report, Table};
use crate::side::Running;

/// Connections that wait, and those that work meanwhile.
const IDLE: usize = 10_000;
const ACTIVE: usize = 1000;

/// Requests of the soak, and of one look at the memory.
const REQUESTS: f64 = 10_000_000.0;
const LOOK: Duration = Duration::from_secs(10);

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    raise_open_files()?;
    let mut side = bench.programs.hello(&bench.folder).remove(0);
    let most = [
        "--max-connections".to_owned(),
        (IDLE + 2 * ACTIVE).to_string(),
    ];
    side.arguments.extend(most);
    let running = side.start(&bench.folder, "/hello").await?;
    connections(bench, &running, report).await?;
    soak(bench, &running, report).await?;
    running.stop().await
}

/// Everybody is answered, whoever waits and whoever works.
async fn connections(bench: &Bench, running: &Running, report: &mut Report) -> Result<()> {
    progress("opening connections that wait");
    let before = running.memory()?;
    let mut waiting = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut stream = TcpStream::connect(running.address()).await?;
        ask(&mut stream).await?;
        waiting.push(stream);
    }
    let opened = running.memory()?;
    let requests = Requests::get("/hello");
    let active = bench
        .generator
        .run(&running.base(), &requests, ACTIVE, Duration::from_secs(10))
        .await
        .with_context(|| running.last_words())?;
    for stream in &mut waiting {
        ask(stream).await.context("a connection that had waited")?;
    }
    let mut table = Table::new(
        &format!("{IDLE} connections that wait, {ACTIVE} that work"),
        &["requests/s", "p50 ms", "p99 ms", "KiB a waiting one"],
    );
    let each = opened.resident.saturating_sub(before.resident) as f64 / 1024.0 / IDLE as f64;
    table.row(
        "spindrift",
        [
            format!("{:.0}", active.requests_per_second),
            format!("{:.1}", active.p50_ms),
            format!("{:.1}", active.p99_ms),
            format!("{each:.1}"),
        ],
    );
    report.add(table);
    Ok(())
}

async fn ask(stream: &mut TcpStream) -> Result<()> {
    stream
        .write_all(b"GET /hello HTTP/1.1\r\nhost: bench\r\n\r\n")
        .await?;
    let mut answer = [0; 1024];
    let mut length = 0;
    while !is_whole(answer.get(..length).unwrap_or(&[])) {
        let rest = answer.get_mut(length..).context("a long answer")?;
        let read = stream.read(rest).await?;
        ensure!(read > 0, "the connection was closed");
        length += read;
    }
    ensure!(answer.starts_with(b"HTTP/1.1 200"), "not answered with 200");
    Ok(())
}

/// A function whose turn ends before its work is answered in chunks.
fn is_whole(answer: &[u8]) -> bool {
    let is_chunked = answer.windows(7).any(|part| part == b"chunked");
    answer.ends_with(if is_chunked {
        b"\r\n0\r\n\r\n"
    } else {
        b"world!\n"
    })
}

/// Memory over millions of requests: the slope of its second half.
async fn soak(bench: &Bench, running: &Running, report: &mut Report) -> Result<()> {
    let requests = Requests::get("/hello");
    let began = Instant::now();
    let mut served = 0.0;
    let mut looks: Vec<(f64, f64)> = Vec::new();
    let enough = if bench.plan.rounds > 1 { REQUESTS } else { 1.0 };
    while served < enough {
        running.empty_log()?;
        let figures = bench
            .generator
            .run(&running.base(), &requests, bench.plan.connections, LOOK)
            .await
            .with_context(|| running.last_words())?;
        served += figures.requests;
        let resident = running.memory()?.resident as f64 / 1024.0;
        looks.push((served / 1e6, resident));
        progress(&format!("{served:.0} requests, {resident:.0} KiB resident"));
    }
    let half = looks.split_off(looks.len() / 2);
    let mut table = Table::new(
        "Memory over millions of requests",
        &[
            "requests",
            "minutes",
            "MiB at the end",
            "KiB for each further million",
        ],
    );
    let last = half.last().map_or(0.0, |(_, kibibytes)| *kibibytes);
    table.row(
        "spindrift",
        [
            format!("{served:.0}"),
            format!("{:.1}", began.elapsed().as_secs_f64() / 60.0),
            format!("{:.1}", last / 1024.0),
            format!("{:.0}", slope(&half)),
        ],
    );
    report.add(table);
    Ok(())
}

/// Of the straight line with the least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    if variance > 0.0 {
        covariance / variance
    } else {
        0.0
    }
}

/// As many open files as this process may have; the server inherits it.
fn raise_open_files() -> Result<()> {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).context("cannot raise the limit of open files")?;
    if let Some(most) = limit.maximum {
        let needed = (IDLE + 2 * ACTIVE) as u64;
        ensure!(
            most > needed,
            "this process may open {most} files, and {needed} are needed: see `ulimit -Hn`"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::slope;

    #[test]
    fn a_line_has_its_slope() {
        assert!((slope(&[(1.0, 5.0), (2.0, 8.0), (3.0, 11.0)]) - 3.0).abs() < 1e-9);
        assert_eq!(slope(&[(1.0, 5.0)]), 0.0);
    }
}
