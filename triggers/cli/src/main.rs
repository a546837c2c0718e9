//! The `spindrift` program.

mod allocator;
mod args;
mod commands;
mod database;
mod doctor;
mod events;
#[cfg(feature = "failpoints")]
mod failpoints;
mod listen;
mod logging;
mod operators;
mod readiness;
mod report;
mod runtime_config;
mod serving;
mod shutdown;
mod variables;

use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    allocator::settle();
    let started = Instant::now();
    let cli = args::Cli::of_process();
    #[cfg(feature = "failpoints")]
    failpoints::arm();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(cause) => {
            return report::failure(&anyhow::Error::new(cause).context("cannot start threads"));
        }
    };
    let result = runtime.block_on(commands::run(cli.command, started));
    spindrift_traces::export::finish();
    logging::flush();
    match result {
        Ok(code) => code,
        Err(error) => report::failure(&error),
    }
}
