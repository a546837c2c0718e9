//! `spindrift dlq`

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};

use super::{AppArgs, DatabaseArgs, OutputArgs};

/// `spindrift dlq`
#[derive(Args, Debug)]
pub(crate) struct DlqArgs {
    #[command(subcommand)]
    pub(crate) command: DlqCommand,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to do with dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DlqCommand {
    /// List dead letters, oldest first.
    List(DlqListArgs),
    /// Show one with everything that it carries.
    Show(DlqShowArgs),
    /// Put dead letters back into the outbox, under the ids that their events have.
    Replay(DlqReplayArgs),
}

/// Which dead letters.
#[derive(Args, Debug, Default)]
pub(crate) struct DlqFilter {
    /// On this topic.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Of this type, such as todo.task.created.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) ty: Option<String>,
    /// With this event id.
    #[arg(long, value_name = "ID")]
    pub(crate) event_id: Option<String>,
    /// Given up since then, such as 2026-05-01T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<DateTime<Utc>>,
    /// Given up before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<DateTime<Utc>>,
    /// Those that were replayed already, too.
    #[arg(long)]
    pub(crate) replayed: bool,
}

/// `spindrift dlq list`
#[derive(Args, Debug)]
pub(crate) struct DlqListArgs {
    #[command(flatten)]
    pub(crate) filter: DlqFilter,
    /// At most so many, the newest.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) limit: i64,
}

/// `spindrift dlq show`
#[derive(Args, Debug)]
pub(crate) struct DlqShowArgs {
    /// Its number, as `list` shows it.
    pub(crate) number: i64,
}

/// `spindrift dlq replay`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift dlq replay 17 18
  spindrift dlq replay --topic todo-events --since 2026-05-01T08:00:00Z --dry-run

An event goes to every consumer of its topic again. Those that handled it know its id and do
nothing.")]
pub(crate) struct DlqReplayArgs {
    /// Their numbers, as `list` shows them.
    pub(crate) numbers: Vec<i64>,
    #[command(flatten)]
    pub(crate) filter: DlqFilter,
    /// Only say which they are.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// All that there are, when nothing else says which.
    #[arg(long)]
    pub(crate) all: bool,
}
