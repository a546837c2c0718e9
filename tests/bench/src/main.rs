//! `make bench`: Spindrift beside `wasmtime serve` and beside native servers, in
//! one run and under one load generator. Run it in the repository's root.

mod agreement;
mod database;
mod events;
mod load;
mod measure;
mod reminders;
mod report;
mod side;
mod sides;

use std::fs;
use std::io::{Write, stderr, stdout};
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use spindrift_test_kafka::{Kafka, Options};
use tempfile::{NamedTempFile, TempPath};

use crate::database::{CommitTimes, Database};
use crate::events::Way;
use crate::load::{Generator, Requests};
use crate::measure::{Before, Plan, measure};
use crate::report::{Bar, Comparison, Report};
use crate::side::{Running, Side};
use crate::sides::Programs;

/// Compares Spindrift with `wasmtime serve` and with native servers.
#[derive(Debug, Parser)]
struct Arguments {
    /// A short look, to see that everything runs: its figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// Measure one of them alone.
    #[arg(long, value_enum)]
    only: Option<Subject>,
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
    #[arg(long, default_value = "target/release/spindrift")]
    spindrift: PathBuf,
    /// What it is compared with.
    #[arg(long, default_value = "target/tools/bin/wasmtime")]
    wasmtime: PathBuf,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// `examples/hello`.
    Hello,
    /// The API's tasks.
    Tasks,
    /// Events, from their change to their effect; only when asked for.
    Events,
    /// Reminders, from their instant to their notification; only when asked for.
    Reminders,
}

/// Where logs, the database and the results go.
const FOLDER: &str = "target/bench";

const TASK: &str = r#"{"title":"Water the plants","description":"The ones on the balcony first.","priority":1,"tags":["home","garden"],"due_at":"2035-05-01T18:00:00+02:00"}"#;

#[tokio::main]
async fn main() -> Result<()> {
    // The program's features give every client of the workspace TLS, and none of them
    // chooses the cryptography by itself. It fails where it is chosen already.
    _ = rustls::crypto::ring::default_provider().install_default();
    let options = Arguments::parse();
    let folder = Path::new(FOLDER);
    fs::create_dir_all(folder).with_context(|| format!("cannot make {FOLDER}"))?;
    let folder = folder.canonicalize()?;
    let bench = Bench {
        plan: plan(&options),
        generator: Generator::new(&folder)?,
        programs: Programs::find(&options.spindrift, &options.wasmtime)?,
        folder,
    };
    let mut report = Report {
        machine: machine(),
        plan: bench.plan,
        notes: Vec::new(),
        comparisons: Vec::new(),
    };
    match options.only {
        Some(Subject::Events) => return Box::pin(bench.events()).await,
        Some(Subject::Reminders) => return Box::pin(bench.reminders()).await,
        _ => {}
    }
    if options.only != Some(Subject::Tasks) {
        Box::pin(bench.hello(&mut report)).await?;
    }
    if options.only != Some(Subject::Hello) {
        Box::pin(bench.tasks(&mut report)).await?;
    }
    let results = bench.folder.join("results.json");
    fs::write(&results, serde_json::to_vec_pretty(&report)?)?;
    write!(stdout(), "{}", report.tables())?;
    progress(&format!("every run is in {FOLDER}/results.json"));
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

struct Bench {
    folder: PathBuf,
    plan: Plan,
    generator: Generator,
    programs: Programs,
}

impl Bench {
    /// `examples/hello`: our server, the engine's own, and none.
    async fn hello(&self, report: &mut Report) -> Result<()> {
        let path = "/hello";
        let sides = self.start(&self.programs.hello(&self.folder), path).await?;
        agreement::same_answer(&sides, path).await?;
        report
            .notes
            .push("hello: all sides answer the same bytes.".to_owned());
        let requests = Requests {
            method: "GET",
            path,
            body: "",
            tokens: None,
        };
        progress("measuring GET /hello");
        let measured = measure(
            &self.generator,
            self.plan,
            &sides,
            &requests,
            Before::Nothing,
        )
        .await?;
        report.comparisons.push(Comparison {
            title: "GET /hello",
            sides: measured,
            bars: vec![
                Bar {
                    against: sides::WASMTIME,
                    share: 1.0,
                },
                Bar {
                    against: sides::WASMTIME_CONCURRENT,
                    share: 0.85,
                },
            ],
        });
        stop(sides).await
    }

    /// `/api/tasks`: our server, and a native one with the same statements.
    async fn tasks(&self, report: &mut Report) -> Result<()> {
        let path = "/api/tasks";
        let database = self.database(CommitTimes::Forgotten).await?;
        let tokens = self.tokens(&database)?;
        let sides = self.programs.tasks(&self.folder, &database);
        let compared = agreement::same_work(&sides, &database, &self.folder, path, TASK).await?;
        report.notes.push(format!(
            "tasks: both sides answer alike and send the same {compared} statements for a GET and a POST, \
             as PostgreSQL {} logged them; {} connections in each pool, fsync on.",
            database.major(),
            sides::CONNECTIONS
        ));
        let sides = self.start(&sides, path).await?;
        let bar = Bar {
            against: sides::NATIVE_TASKS,
            share: 0.6,
        };
        let mut requests = Requests {
            method: "POST",
            path,
            body: TASK,
            tokens: Some(tokens.to_path_buf()),
        };
        progress("measuring POST /api/tasks");
        let before = Before::Empty(&database);
        let created = measure(&self.generator, self.plan, &sides, &requests, before).await?;
        database.seed().await?;
        requests.method = "GET";
        requests.body = "";
        progress("measuring GET /api/tasks");
        let listed = measure(
            &self.generator,
            self.plan,
            &sides,
            &requests,
            Before::Nothing,
        )
        .await?;
        for (title, sides) in [
            ("POST /api/tasks", created),
            ("GET /api/tasks (20 of 25)", listed),
        ] {
            let bars = vec![bar];
            report.comparisons.push(Comparison { title, sides, bars });
        }
        stop(sides).await?;
        database.stop().await
    }

    /// Events, straight to functions and through Kafka, to one function and to three.
    async fn events(&self) -> Result<()> {
        let database = self.database(CommitTimes::Kept).await?;
        for way in [Way::Direct, Way::Kafka] {
            let kafka = match way {
                Way::Direct => None,
                Way::Kafka => {
                    progress("starting a Kafka of the benchmark's own");
                    Some(Kafka::start(Options::nodes(1).lasting()).await?)
                }
            };
            let brokers = kafka.as_ref().map(Kafka::bootstrap);
            for subscribers in [&["audit"][..], &["audit", "notify", "recur"]] {
                let side = self.programs.subscribers(
                    &self.folder,
                    &database,
                    subscribers,
                    brokers.as_deref(),
                );
                let running = self.start(&[side], "/").await?;
                let measured = events::measure(&database, self.plan.seconds).await?;
                stop(running).await?;
                writeln!(stdout(), "{way}, to {}: {measured}", subscribers.join(", "))?;
            }
        }
        writeln!(
            stdout(),
            "Bars, to one function: {} a second direct, {} through Kafka; p99 50 ms.",
            Way::Direct.bar(),
            Way::Kafka.bar()
        )?;
        database.stop().await
    }

    /// Reminders, while tasks are listed.
    async fn reminders(&self) -> Result<()> {
        let database = self.database(CommitTimes::Kept).await?;
        database.seed().await?;
        let tokens = self.tokens(&database)?;
        let load = Requests {
            method: "GET",
            path: "/api/tasks",
            body: "",
            tokens: Some(tokens.to_path_buf()),
        };
        let side = self.programs.todo(&self.folder, &database);
        let sides = self.start(&[side], "/health").await?;
        let running = sides.first().context("it was started")?;
        let connections = self.plan.connections;
        let measured =
            reminders::measure(&self.generator, connections, &database, running, &load).await?;
        writeln!(stdout(), "{measured}")?;
        stop(sides).await?;
        database.stop().await
    }

    async fn database(&self, times: CommitTimes) -> Result<Database> {
        progress("starting a PostgreSQL of the benchmark's own");
        Database::start(&self.folder, Path::new("functions/migrations"), times).await
    }

    /// The file of everybody's tokens. It goes when it is dropped.
    fn tokens(&self, database: &Database) -> Result<TempPath> {
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(database.tokens.join("\n").as_bytes())?;
        Ok(file.into_temp_path())
    }

    async fn start(&self, sides: &[Side], path: &str) -> Result<Vec<Running>> {
        let mut running = Vec::new();
        for side in sides {
            progress(&format!("starting {}", side.name));
            running.push(side.start(&self.folder, path).await?);
        }
        Ok(running)
    }
}

async fn stop(sides: Vec<Running>) -> Result<()> {
    for side in sides {
        side.stop().await?;
    }
    Ok(())
}

/// The processors that everything shares.
fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    format!("{cores} cores ({model}) that server, database and load generator share")
}

/// One step, for whoever waits.
fn progress(line: &str) {
    // That nobody reads it is no reason to fail.
    _ = writeln!(stderr(), "bench: {line}");
}
