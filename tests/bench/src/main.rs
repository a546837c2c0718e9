//! `make bench`: Spindrift beside `wasmtime serve` and beside native servers, in
//! one run and under one load generator. Run it in the repository's root.

mod agreement;
mod bench;
mod chart;
mod database;
mod document;
mod events;
mod load;
mod measure;
mod processors;
mod reminders;
mod report;
mod side;
mod sides;
mod subjects;
mod table;

use std::fs;
use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::Result;
use clap::Parser;

use crate::bench::{Bench, progress};
use crate::measure::Plan;
use crate::report::Report;
use crate::sides::Programs;
use crate::subjects::Subject;

/// Compares Spindrift with `wasmtime serve` and with native servers.
#[derive(Debug, Parser)]
struct Arguments {
    /// A short look, to see that everything runs: its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Measure some of them alone; once for each.
    #[arg(long, value_enum)]
    only: Vec<Subject>,
    /// Write `docs/performance.md` and its picture.
    #[arg(long)]
    write: bool,
    /// Runs of each side.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of a run under load.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Connections of a run under load.
    #[arg(long, default_value_t = 32)]
    connections: usize,
    /// The program to measure, for instance an older build.
    #[arg(long, default_value = "target/dist/spindrift")]
    spindrift: PathBuf,
    /// What it is compared with.
    #[arg(long, default_value = "target/tools/wasmtime/bin/wasmtime")]
    wasmtime: PathBuf,
}

#[tokio::main]
async fn main() -> Result<()> {
    // The program's features give every client of the workspace TLS, and none of them
    // chooses the cryptography by itself. It fails where it is chosen already.
    _ = rustls::crypto::ring::default_provider().install_default();
    let options = Arguments::parse();
    let programs = Programs::find(&options.spindrift, &options.wasmtime)?;
    let plan = plan(&options);
    let bench = Bench::new(plan, programs)?;
    let mut report = Report::new(machine(), plan);
    let subjects = match options.only.as_slice() {
        [] => &Subject::USUAL,
        chosen => chosen,
    };
    for subject in subjects {
        Box::pin(subject.measure(&bench, &mut report)).await?;
    }
    let results = bench.folder.join("results.json");
    fs::write(&results, serde_json::to_vec_pretty(&report)?)?;
    write!(stdout(), "{}", report.tables())?;
    progress(&format!("every run is in {}", results.display()));
    if options.write {
        document::write(&report, Path::new("docs"))?;
    }
    Ok(())
}

fn plan(options: &Arguments) -> Plan {
    if options.quick {
        return Plan {
            rounds: 1,
            seconds: 1,
            seconds_alone: 1,
            connections: options.connections,
        };
    }
    Plan {
        rounds: options.rounds,
        seconds: options.seconds,
        seconds_alone: options.seconds.min(2),
        connections: options.connections,
    }
}

/// The machine.
fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    format!("{cores} cores ({model})")
}
