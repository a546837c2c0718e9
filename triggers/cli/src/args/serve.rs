//! `spindrift serve`

use clap::Args;

use super::{ContainerArgs, DatabaseArgs, ServingArgs};

/// `spindrift serve`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift build --state-dir /app/state        when the image is made
  PORT=8080 DATABASE_URL=postgres://... spindrift serve --state-dir /app/state
  spindrift serve --component docs              this one alone, with what it needs

The variables that the served components' templates name must have values; nothing is made up here,
and nothing is written. It is ready once the database answers, where they use it. SIGTERM lets
requests under way end.")]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) container: ContainerArgs,
    /// Migrate the database before serving.
    #[arg(long)]
    pub(crate) migrate: bool,
    /// Give what is posted to /_events/COMPONENT to the component, if events, ticks or messages
    /// call it. Only where strangers don't reach the port.
    #[arg(long)]
    pub(crate) event_sinks: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) serving: ServingArgs,
}
