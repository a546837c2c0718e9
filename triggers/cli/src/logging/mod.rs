//! Logs: on standard error, text on a terminal and JSON otherwise.

mod json;
mod writer;

use std::io::{IsTerminal, stderr};

use anyhow::{Context, Result};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::layer;
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry;

use crate::args::{LogFormat, OutputArgs};
use crate::report::Reporter;

/// What is logged unless told otherwise.
const DEFAULT: &str = "info";
const QUIET: &str = "warn";
/// Holds at every level, for secrets are in what these libraries say: the driver writes
/// out what statements are given, and the host interfaces what functions ask and are told.
const ALWAYS: &str = "tokio_postgres=warn,wasmtime_wasi=info";

/// Starts logging, and says how to report progress beside it.
pub(crate) fn start(output: &OutputArgs) -> Result<Reporter> {
    let level = output
        .log_level
        .as_deref()
        .unwrap_or(if output.quiet { QUIET } else { DEFAULT });
    let filter: Targets = format!("{level},{ALWAYS}").parse().with_context(|| {
        format!("the log level {level:?} (--log-level or RUST_LOG) is neither error, warn, info, debug, trace nor a filter")
    })?;
    let terminal = stderr().is_terminal();
    let text = match output.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let registry = registry().with(filter);
    if text {
        let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let layer = layer().with_writer(stderr).with_ansi(colours);
        registry.with(layer).init();
    } else {
        let lines = writer::start().context("cannot start the thread that writes the log")?;
        let layer = layer().with_writer(lines).event_format(json::Json);
        registry.with(layer).init();
    }
    Ok(match (output.quiet, text) {
        (true, _) => Reporter::Quiet,
        (false, true) => Reporter::Lines,
        (false, false) => Reporter::Records,
    })
}

/// Writes out what is logged and not written yet. Called before the process ends.
pub(crate) fn flush() {
    writer::flush();
}
