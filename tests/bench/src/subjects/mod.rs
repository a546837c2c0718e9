//! What is measured, one file each.

mod echo;
mod endurance;
mod events;
mod hello;
mod neighbours;
mod overload;
mod residents;
mod starts;
mod tasks;

use anyhow::Result;
use clap::ValueEnum;

use crate::bench::Bench;
use crate::report::Report;

pub(crate) use tasks::TASK;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// `examples/hello`.
    Hello,
    /// A megabyte that comes and goes.
    Echo,
    /// JSON that is read, and JSON that is answered.
    Json,
    /// The API's tasks.
    Tasks,
    /// From the start of a process to its first answer.
    Starts,
    /// The memory of an application's functions, each of which was called.
    Memory,
    /// A function beside four others that never rest.
    Neighbours,
    /// Twice the load that can be borne.
    Overload,
    /// Thousands of connections, and millions of requests; only when asked for.
    Endurance,
    /// Events, from their change to their effect; only when asked for.
    Events,
    /// Reminders, from their instant to their notification; only when asked for.
    Reminders,
}

impl Subject {
    /// Those that are measured when nobody asks for one.
    pub(crate) const USUAL: [Self; 8] = [
        Self::Hello,
        Self::Echo,
        Self::Json,
        Self::Tasks,
        Self::Starts,
        Self::Memory,
        Self::Neighbours,
        Self::Overload,
    ];

    /// Measures it, and writes it into the report.
    pub(crate) async fn measure(self, bench: &Bench, report: &mut Report) -> Result<()> {
        match self {
            Self::Hello => hello::measure(bench, report).await,
            Self::Echo => echo::measure_echo(bench, report).await,
            Self::Json => echo::measure_json(bench, report).await,
            Self::Tasks => tasks::measure(bench, report).await,
            Self::Starts => starts::measure(bench, report).await,
            Self::Memory => residents::measure(bench, report).await,
            Self::Neighbours => neighbours::measure(bench, report).await,
            Self::Overload => overload::measure(bench, report).await,
            Self::Endurance => endurance::measure(bench, report).await,
            Self::Events => events::events(bench, report).await,
            Self::Reminders => events::reminders(bench, report).await,
        }
    }
}
