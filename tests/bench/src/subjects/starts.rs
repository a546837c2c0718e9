//! From the start of a process to its first answer, and how long the first request to a
//! function takes that was never called. Everything is compiled ahead of time.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::bench::{Bench, progress};
use crate::measure::median;
use crate::processors::Processors;
use crate::report::{Report, Table};
use crate::side::Side;
use crate::sides::HELLO;

/// Starts for each round of the plan.
const STARTS: usize = 3;

/// The most that ours may take, in milliseconds.
const BAR: f64 = 50.0;

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    progress("measuring starts");
    let compiled = compile(bench)?;
    let compiled = compiled.display().to_string();
    let sides = bench.programs.greeting(&bench.folder, &compiled);
    let mut all: Vec<Vec<Start>> = sides.iter().map(|_| Vec::new()).collect();
    for _ in 0..bench.plan.rounds * STARTS {
        for (side, starts) in sides.iter().zip(&mut all) {
            starts.push(start(bench, side).await?);
        }
    }
    let count = bench.plan.rounds * STARTS;
    let mut table = Table::new(
        &format!("Starts: GET /hello of a new process, medians of {count} alternated"),
        &["start to first 200, ms", "slowest, ms", "first request, ms"],
    );
    for (side, starts) in sides.iter().zip(&all) {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let answered = starts.iter().map(|start| millis(start.answered));
        let slowest = answered.clone().fold(0.0, f64::max);
        let first = median(starts.iter().map(|start| millis(start.first)));
        let answered = median(answered);
        table.row(
            side.name,
            [
                format!("{answered:.1}"),
                format!("{slowest:.1}"),
                format!("{first:.2}"),
            ],
        );
        if side.name == crate::sides::SPINDRIFT {
            table.at_most("spindrift, start to first 200, ms", answered, BAR);
        }
    }
    report.add(table);
    Ok(())
}

struct Start {
    /// From the start of the process to the head of the first answer.
    answered: Duration,
    /// Of that, since it listened.
    first: Duration,
}

async fn start(bench: &Bench, side: &Side) -> Result<Start> {
    let began = Instant::now();
    let mut running = side.spawn(&Processors::default(), &bench.folder)?;
    let mut stream = loop {
        match TcpStream::connect(running.address()).await {
            Ok(stream) => break stream,
            Err(_) => running.still_runs()?,
        }
        sleep(Duration::from_micros(250)).await;
    };
    let listened = Instant::now();
    stream
        .write_all(b"GET /hello HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
        .await?;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await?;
    let start = Start {
        answered: began.elapsed(),
        first: listened.elapsed(),
    };
    ensure!(
        head.as_slice() == b"HTTP/1.1 200",
        "{} answers {:?}",
        side.name,
        String::from_utf8_lossy(&head)
    );
    running.stop().await?;
    Ok(start)
}

/// The greeting as the engine's own program compiles it, for itself.
fn compile(bench: &Bench) -> Result<PathBuf> {
    let compiled = bench.folder.join("hello.cwasm");
    let status = Command::new(bench.programs.engine())
        .args(["compile", "-Wcomponent-model-async", "-o"])
        .arg(&compiled)
        .arg(HELLO)
        .status()
        .context("cannot run wasmtime; `scripts/setup bench` installs it")?;
    ensure!(status.success(), "wasmtime cannot compile {HELLO}");
    Ok(compiled)
}
