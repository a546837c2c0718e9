//! `spindrift events`

use clap::{Args, Subcommand};

use super::{AppArgs, DatabaseArgs, OutputArgs};

/// `spindrift events`
#[derive(Args, Debug)]
pub(crate) struct EventsArgs {
    #[command(subcommand)]
    pub(crate) command: EventsCommand,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Print events as their changes commit, until Ctrl-C.
    Tail(TailArgs),
}

/// `spindrift events tail`
#[derive(Args, Debug, Default)]
#[command(after_help = "\
Examples:
  spindrift events tail
  spindrift events tail --type todo.task.created --last 10 --no-follow
  spindrift events tail --json | jq .data

It reads the outbox, so it shows what was published to Kafka and what went straight to functions,
and it changes nothing. Published events stay there for three days.")]
pub(crate) struct TailArgs {
    /// On this topic.
    #[arg(long, value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Of this type, such as todo.task.created.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) ty: Option<String>,
    /// Begin with so many of the latest.
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) last: i64,
    /// End after those that are there.
    #[arg(long)]
    pub(crate) no_follow: bool,
    /// One JSON document a line: the event in the structured mode of CloudEvents.
    #[arg(long)]
    pub(crate) json: bool,
}
