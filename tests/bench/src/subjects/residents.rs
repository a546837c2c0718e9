//! The memory of a whole application beyond that of a process without functions.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::Client;
use toml_edit::DocumentMut;

use crate::bench::{Bench, progress};
use crate::database::CommitTimes;
use crate::report::{Report, Table};
use crate::side::{Memory, Running};

/// An application that has no function.
const BARE: &str = r#"spin_manifest_version = 2
[application]
name = "bare"
version = "0.1.0"
[[trigger.http]]
route = "/health"
static_response = { status_code = 200, body = "well" }
"#;

/// The most beyond the bare process, in MiB.
const BAR: f64 = 40.0;

pub(super) async fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    progress("measuring memory");
    let manifest = bench.folder.join("bare.toml");
    fs::write(&manifest, BARE)?;
    let bare = bench.programs.other(&bench.folder, &manifest);
    let bare = bare.start(&bench.folder, "/health").await?;
    let alone = settled(&bare).await?;
    bare.stop().await?;

    let database = bench.database(CommitTimes::Forgotten).await?;
    let todo = bench.programs.todo(&bench.folder, &database);
    let todo = todo.start(&bench.folder, "/health").await?;
    let called = call_each(&todo).await?;
    let all = settled(&todo).await?;
    todo.stop().await?;
    database.stop().await?;

    let mut table = Table::new(
        "Memory, after one request to each function",
        &["MiB", "peak MiB"],
    );
    let mut row = |name: &str, memory: Memory| {
        let figures = [memory.resident, memory.peak];
        table.row(
            name,
            figures.map(|bytes| format!("{:.1}", mebibytes(bytes))),
        );
    };
    row("no function", alone);
    row(
        &format!("the todo application, {called} functions called"),
        all,
    );
    let beyond = mebibytes(all.resident) - mebibytes(alone.resident);
    table.at_most("MiB beyond the bare process", beyond, BAR);
    report.add(table);
    Ok(())
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// Its memory when nothing happens any more.
async fn settled(running: &Running) -> Result<Memory> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    running.memory()
}

/// Calls every function that is reached from outside, once for each of its routes.
/// How many there are.
async fn call_each(running: &Running) -> Result<usize> {
    let manifest = fs::read_to_string("spin.toml").context("cannot read spin.toml")?;
    let manifest: DocumentMut = manifest.parse()?;
    let routes = manifest["trigger"]["http"]
        .as_array_of_tables()
        .context("spin.toml has no [[trigger.http]]")?;
    let client = Client::new();
    let mut called = BTreeSet::new();
    for route in routes {
        // A private one is a table.
        let (Some(path), Some(component)) = (route["route"].as_str(), component(route)) else {
            continue;
        };
        let path: Vec<&str> = path.split('/').map(example).collect();
        let url = format!("{}{}", running.base(), path.join("/"));
        // Whatever is answered, it is by the function: who has no token is turned away by
        // it, and what is not there was looked for.
        client.get(url).send().await?;
        called.insert(component.to_owned());
    }
    Ok(called.len())
}

fn component(route: &toml_edit::Table) -> Option<&str> {
    route.get("component")?.as_str()
}

/// A segment that fits one of a route.
fn example(segment: &str) -> &str {
    match segment {
        "..." => "x",
        parameter if parameter.starts_with(':') => "1",
        literal => literal,
    }
}
