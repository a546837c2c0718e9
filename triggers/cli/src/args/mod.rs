//! The command line. Options that Spin has are called as in Spin.

mod address;
mod admin;
mod backup;
mod build;
mod connections;
mod container;
mod deploy;
mod dlq;
mod edge;
mod events;
mod kafka;
mod migrate;
mod models;
mod new;
mod placement;
mod plugin;
mod reference;
mod serve;
mod smoke;
mod trigger;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use spindrift_http::Network;

pub(crate) use self::address::Address;
pub(crate) use self::admin::{AdminArgs, AdminListen};
pub(crate) use self::backup::{
    BackupArgs, BackupCommand, BackupCreateArgs, ReadArgs, RestoreArgs, StoreArgs,
};
pub(crate) use self::build::{Binary, BuildArgs, ImageArgs, ImageFormat};
pub(crate) use self::connections::ConnectionArgs;
pub(crate) use self::container::{ContainerArgs, ProxyArgs};
pub(crate) use self::deploy::{
    ChangeArgs, ClusterArgs, DeleteArgs, DeployArgs, DeployedArgs, DiffArgs, EnvironmentArgs,
    LogsArgs, OutputForm, PromoteArgs, ReleaseArgs, RenderArgs, RenderFormat, RollbackArgs,
    RuntimeKind, StatusArgs,
};
pub(crate) use self::dlq::{DlqArgs, DlqCommand, DlqFilter, DlqReplayArgs, LetterId, RecordPlace};
pub(crate) use self::edge::EdgeArgs;
pub(crate) use self::events::{EventsArgs, EventsCommand, TailArgs};
pub(crate) use self::kafka::{KafkaArgs, RelayArgs};
pub(crate) use self::migrate::{MigrateArgs, Phase};
pub(crate) use self::models::ModelArgs;
pub(crate) use self::new::{AddArgs, FunctionArgs, Language, NewArgs, Template};
pub(crate) use self::placement::{Placement, PlacementArgs};
pub(crate) use self::plugin::{PluginArgs, PluginCommand, PluginInstallArgs, PluginPackageArgs};
pub(crate) use self::reference::{CompletionsArgs, ManArgs};
pub(crate) use self::serve::ServeArgs;
pub(crate) use self::smoke::SmokeArgs;
pub(crate) use self::trigger::{TriggerArgs, TriggerKind, TriggerOptions};
use crate::variables::{Assignment, VariableArg};

/// Runs WebAssembly functions written for Spin: on this machine, with a database of their own.
#[derive(Debug, Parser)]
#[command(name = "spindrift", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The command line of this process. A program that is called as one of Spin's plugins
    /// has its command from that.
    pub(crate) fn of_process() -> Self {
        Self::parse_from(plugin::arguments(std::env::args_os()))
    }
}

const EXAMPLES: &str = "\
Begin with:
  spindrift doctor          is everything here that is needed?
  spindrift new hello       begin a function of your own
  spindrift up --build      build the functions and serve them on http://127.0.0.1:3000";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Begin an application with one function.
    New(NewArgs),
    /// Add a function to the application.
    Add(AddArgs),
    /// Serve the application on this machine, with a PostgreSQL of its own.
    Up(UpArgs),
    /// Build and serve it, and build and serve again what is changed, without dropping a request.
    Watch(UpArgs),
    /// Serve the application in a container: nothing is compiled, started or migrated.
    Serve(ServeArgs),
    /// Forward requests to the services that serve the components.
    Edge(EdgeArgs),
    /// Bring the database's schema up to date.
    Migrate(MigrateArgs),
    /// Publish the outbox to Kafka, or deliver it to functions that are served elsewhere.
    Relay(RelayArgs),
    /// Ask addresses of a release until they answer well.
    Smoke(SmokeArgs),
    /// Build the functions, and compile them for this machine.
    Build(BuildArgs),
    /// Check that everything needed is here, and say how to mend what is not.
    Doctor(DoctorArgs),
    /// List, show and replay events that no function took.
    Dlq(DlqArgs),
    /// Watch the application's events.
    Events(EventsArgs),
    /// Put the application on Knative, safely, or leave everything as it was.
    Deploy(DeployArgs),
    /// Write what would be deployed: YAML, Kustomize or a Helm chart.
    Render(RenderArgs),
    /// Show what a deployment would change in the cluster.
    Diff(DiffArgs),
    /// Say how the application stands in the cluster.
    Status(StatusArgs),
    /// Show the logs of the release that serves.
    Logs(LogsArgs),
    /// Give a release that was deployed without traffic its traffic.
    Promote(PromoteArgs),
    /// Go back to an earlier release.
    Rollback(RollbackArgs),
    /// Remove the application from the cluster.
    Delete(DeleteArgs),
    /// Write the private database to a file while it is in use, or keep backups elsewhere.
    Backup(BackupArgs),
    /// Replace the private database by the backup in a file.
    Restore(RestoreArgs),
    /// Have stock Spin run the functions of events and jobs, and `spin deploy` deploy.
    Plugin(PluginArgs),
    /// Run one type of triggers of an application, as a plugin of Spin does.
    Trigger(TriggerArgs),
    /// Write a script by which a shell completes these commands.
    Completions(CompletionsArgs),
    /// Write the manual, for `man`.
    Man(ManArgs),
}

/// Which application, and where it keeps what is its own.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct AppArgs {
    /// The manifest, or the folder with its spin.toml.
    #[arg(
        global = true,
        short = 'f',
        long = "from",
        alias = "file",
        value_name = "PATH",
        default_value = "spin.toml"
    )]
    pub(crate) from: PathBuf,
    /// Database, secrets, fetched components and compiled code [default: .spindrift beside the manifest].
    #[arg(global = true, long, value_name = "DIR", env = "SPINDRIFT_STATE_DIR")]
    pub(crate) state_dir: Option<PathBuf>,
}

impl AppArgs {
    /// The state folder's path.
    pub(crate) fn state_path(&self) -> PathBuf {
        let beside = || {
            let folder = if self.from.is_dir() {
                Some(self.from.as_path())
            } else {
                self.from.parent()
            };
            folder
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or(Path::new("."))
                .join(".spindrift")
        };
        self.state_dir.clone().unwrap_or_else(beside)
    }

    /// Where components from elsewhere are kept.
    pub(crate) fn fetched(&self) -> PathBuf {
        self.state_path().join(spindrift_manifest::FETCHED)
    }
}

/// The values of the application's variables.
#[derive(Args, Debug, Default)]
pub(crate) struct VariableArgs {
    /// A variable's value: NAME=VALUE, NAME=@FILE (its contents), or @FILE.json or @FILE.toml
    /// (several). Wins over SPIN_VARIABLE_NAME in the environment.
    #[arg(global = true, long = "variable", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<VariableArg>,
}

/// What is said, and how.
#[derive(Args, Debug, Default)]
pub(crate) struct OutputArgs {
    /// Say only what went wrong, and where it serves.
    #[arg(global = true, short, long)]
    pub(crate) quiet: bool,
    /// How logs look: auto is text on a terminal and JSON otherwise.
    #[arg(
        global = true,
        long,
        value_enum,
        default_value_t,
        env = "SPINDRIFT_LOG_FORMAT"
    )]
    pub(crate) log_format: LogFormat,
    /// What is logged, such as `debug` or `info,spindrift_runtime=debug`.
    #[arg(global = true, long, value_name = "FILTER", env = "RUST_LOG")]
    pub(crate) log_level: Option<String>,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What `up` and `serve` share.
#[derive(Args, Debug)]
pub(crate) struct ServingArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// An environment variable for all functions.
    #[arg(short, long = "env", value_name = "NAME=VALUE")]
    pub(crate) env: Vec<Assignment>,
    /// Serve these components only.
    #[arg(
        short,
        long = "component-id",
        visible_alias = "component",
        value_name = "ID",
        num_args = 1..,
        value_delimiter = ',',
        env = "SPINDRIFT_COMPONENTS"
    )]
    component_id: Vec<String>,
    /// Connections that each database pool may hold.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 20,
        env = "SPINDRIFT_DATABASE_CONNECTIONS"
    )]
    pub(crate) database_connections: usize,
    /// Where, on this machine, stores, databases, variables' values and models are: a file in
    /// Spin's form.
    #[arg(long, value_name = "FILE", env = "RUNTIME_CONFIG_FILE")]
    runtime_config_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) models: ModelArgs,
    #[command(flatten)]
    pub(crate) connections: ConnectionArgs,
    #[command(flatten)]
    pub(crate) proxy: ProxyArgs,
    /// With --behind-proxy: proxies in front of that one, which `x-forwarded-for` lists as well.
    /// Networks such as 10.0.0.0/8, or `private` for all that are; the last address that is in
    /// none of them is the caller's.
    #[arg(
        long,
        value_name = "NETWORK",
        value_delimiter = ',',
        env = "SPINDRIFT_TRUSTED_PROXIES"
    )]
    pub(crate) trusted_proxies: Vec<Network>,
}

impl ServingArgs {
    /// The components to serve; none for all. An empty one is none: that is how a
    /// variable is unset in many a file.
    pub(crate) fn components(&self) -> Vec<String> {
        let ids = self.component_id.iter();
        ids.filter(|id| !id.is_empty()).cloned().collect()
    }

    /// The runtime configuration, if one was named; an empty name is none.
    pub(crate) fn runtime_config_file(&self) -> Option<&Path> {
        let file = self.runtime_config_file.as_deref();
        file.filter(|file| !file.as_os_str().is_empty())
    }
}

/// `spindrift up`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift up --build                          build what changed, then serve
  spindrift up --listen 127.0.0.1:3100          on another port
  spindrift up --variable greeting=hello        give a variable its value
  DATABASE_URL=postgres://... spindrift up      use a server that runs already
  spindrift up --kafka-brokers localhost:9092   bring events to functions through Kafka

Without DATABASE_URL a private PostgreSQL runs while this does; its data stays in the state
folder. Ctrl-C lets requests under way end, then stops it; a second Ctrl-C exits at once.")]
pub(crate) struct UpArgs {
    /// Where to listen; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000",
        env = "SPIN_HTTP_LISTEN_ADDR"
    )]
    pub(crate) listen: String,
    /// Where /livez, /readyz and /metrics are [default: 127.0.0.1:3001 or a free port]; `off` for nowhere.
    #[arg(long, value_name = "ADDRESS", env = "SPINDRIFT_ADMIN_LISTEN")]
    pub(crate) admin_listen: Option<AdminListen>,
    /// Build the functions first.
    #[arg(long)]
    pub(crate) build: bool,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) serving: ServingArgs,
}

/// A PostgreSQL that somebody else runs.
#[derive(Args, Debug, Default)]
pub(crate) struct DatabaseArgs {
    /// A PostgreSQL that runs already: postgres://user:password@host:5432/database.
    #[arg(
        global = true,
        long,
        value_name = "URL",
        env = "DATABASE_URL",
        hide_env_values = true
    )]
    pub(crate) database_url: Option<String>,
    /// The same server without a transaction pooler in front, for migrations [default: the database URL].
    #[arg(
        global = true,
        long,
        value_name = "URL",
        env = "DIRECT_DATABASE_URL",
        hide_env_values = true
    )]
    pub(crate) direct_database_url: Option<String>,
}

impl DatabaseArgs {
    /// The server's URL. An empty one is none: that is how a variable is unset in many a file.
    pub(crate) fn url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The URL for what needs a session.
    pub(crate) fn direct_url(&self) -> Option<&str> {
        self.session_url().or(self.url())
    }

    /// The URL that was given for what needs a session, where another goes to a pooler.
    pub(crate) fn session_url(&self) -> Option<&str> {
        let url = self.direct_database_url.as_deref();
        url.filter(|url| !url.is_empty())
    }
}

/// `spindrift doctor`
#[derive(Args, Debug)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    /// Where `up` would listen.
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000",
        env = "SPIN_HTTP_LISTEN_ADDR"
    )]
    pub(crate) listen: String,
}

/// A time as manifests write it, nothing included.
fn duration(text: &str) -> Result<Duration, String> {
    spindrift_manifest::parse_duration(text)
        .ok_or_else(|| "expected a time with its unit, such as 30s, 500ms or 2m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_state_folder_is_beside_the_manifest_unless_told_otherwise() {
        let path = |from: &str, state: Option<&str>| {
            AppArgs {
                from: from.into(),
                state_dir: state.map(Into::into),
            }
            .state_path()
        };
        assert_eq!(path("spin.toml", None), Path::new("./.spindrift"));
        assert_eq!(
            path("apps/hello/spin.toml", None),
            Path::new("apps/hello/.spindrift")
        );
        assert_eq!(path("/", None), Path::new("/.spindrift"));
        assert_eq!(path("spin.toml", Some("/state")), Path::new("/state"));
    }
}
