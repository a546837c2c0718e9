//! `spindrift migrate`

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::{AppArgs, DatabaseArgs, OutputArgs, duration};

/// `spindrift migrate`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift migrate                                    the private database
  DATABASE_URL=postgres://... spindrift migrate        any other
  spindrift migrate --phase expand --wait 60s          before a release that runs beside the last

Migrations are the files NNNN_name.sql in the folder that the manifest names under
[application.tool.spindrift.database]. Each runs once, in a transaction. One whose first line is
`-- contract` takes away what the release before still needs: it waits for `--phase contract`.")]
pub(crate) struct MigrateArgs {
    /// What to apply, where a release has two phases [default: everything].
    #[arg(long, value_enum)]
    pub(crate) phase: Option<Phase>,
    /// How long to wait for the database of DATABASE_URL.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "0s",
        value_parser = duration,
        env = "SPINDRIFT_MIGRATE_WAIT"
    )]
    pub(crate) wait: Duration,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// A phase of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phase {
    /// Only what the release before can live with.
    Expand,
    /// Everything, once nothing of the release before runs.
    Contract,
}
