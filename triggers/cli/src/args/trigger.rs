//! `spindrift trigger`: what `spin up` starts for each type of triggers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};

use super::{AdminListen, KafkaArgs, OutputArgs, VariableArgs};

/// `spindrift trigger`
#[derive(Args, Debug)]
#[command(after_help = "\
`spin up` starts this by the plugins trigger-cron and trigger-kafka (`spindrift plugin install`),
and says in its environment which application. Functions of other types are not touched: Spin
runs those that answer requests, in a process of their own.")]
pub(crate) struct TriggerArgs {
    /// What calls the functions.
    #[arg(value_enum, value_name = "TYPE")]
    pub(crate) kind: TriggerKind,
    #[command(flatten)]
    pub(crate) locked: LockedArgs,
    #[command(flatten)]
    pub(crate) options: TriggerOptions,
    /// Show the options alone, as a part of `spin up --help`.
    #[arg(long, hide = true)]
    pub(crate) help_args_only: bool,
    /// Say which options there are, for `spin up` with several types of triggers.
    #[arg(long, hide = true)]
    pub(crate) launch_metadata_only: bool,
}

/// What calls functions, where something else takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TriggerKind {
    /// A schedule.
    Cron,
    /// Records of Kafka's topics.
    Kafka,
}

impl TriggerKind {
    /// As manifests call it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Cron => "cron",
            Self::Kafka => "kafka",
        }
    }

    /// What stands above the options in Spin's help.
    fn heading(self) -> &'static str {
        match self {
            Self::Cron => "CRON TRIGGER OPTIONS",
            Self::Kafka => "KAFKA TRIGGER OPTIONS",
        }
    }
}

/// The application, as `spin up` names it. A folder may be empty, which is none.
#[derive(Args, Debug)]
pub(crate) struct LockedArgs {
    /// The locked application, as file:///...
    #[arg(long, value_name = "URL", env = "SPIN_LOCKED_URL")]
    pub(crate) locked_url: Option<String>,
    /// The folder of the application's manifest, where it is on this machine.
    #[arg(long, value_name = "DIR", env = "SPIN_LOCAL_APP_DIR")]
    app_dir: Option<OsString>,
    /// The folder that `spin up` has for its run.
    #[arg(long, value_name = "DIR", env = "SPIN_WORKING_DIR")]
    working_dir: Option<OsString>,
}

impl LockedArgs {
    /// The folder where relative paths start.
    pub(crate) fn root(&self) -> PathBuf {
        let root = self.app_dir.as_deref().map(Path::new);
        let root = root.filter(|root| !root.as_os_str().is_empty());
        root.unwrap_or(Path::new(".")).to_owned()
    }

    /// Where the functions keep what is their own: beside the manifest; for an application
    /// from elsewhere, or when an empty `given` asks for it, as long as this run.
    pub(crate) fn state(&self, given: Option<&str>) -> PathBuf {
        match (given, &self.app_dir, &self.working_dir) {
            (Some(given), _, _) if !given.is_empty() => given.into(),
            (None, Some(_), _) => self.root().join(".spindrift"),
            (_, _, Some(folder)) => Path::new(folder).join("spindrift"),
            (_, _, None) => ".spindrift".into(),
        }
    }
}

/// The options that `spin up` passes on: those of Spin that mean something here, and what
/// is needed besides.
#[derive(Args, Debug)]
pub(crate) struct TriggerOptions {
    /// Compiled code, key-value stores and SQLite databases [default: .spindrift beside the
    /// manifest; empty: none that outlasts this run].
    #[arg(long, value_name = "DIR")]
    pub(crate) state_dir: Option<String>,
    /// Where /livez, /readyz and /metrics are.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) admin_listen: Option<AdminListen>,
    /// Connections that each database pool may hold.
    #[arg(
        long,
        value_name = "COUNT",
        default_value_t = 20,
        env = "SPINDRIFT_DATABASE_CONNECTIONS"
    )]
    pub(crate) database_connections: usize,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    #[command(flatten)]
    pub(crate) variables: VariableArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// Spin's, and idle here: what functions print goes into the log, and into no file.
    #[arg(short = 'L', long, value_name = "DIR", hide = true)]
    log_dir: Option<OsString>,
    /// Spin's, and idle here, as `--log-dir` is.
    #[arg(long, hide = true)]
    truncate_logs: bool,
    /// Spin's, and idle here: what functions print is in the log, under their names.
    #[arg(long, value_name = "ID", hide = true)]
    follow: Vec<String>,
    /// Spin's, and idle here: compiled code is in the state folder.
    #[arg(long, value_name = "FILE", hide = true)]
    cache: Option<OsString>,
    /// Spin's, and idle here, as `--cache` is.
    #[arg(long, hide = true)]
    disable_cache: bool,
    /// Spin's, and idle here: the memory of instances is pooled in any case.
    #[arg(long, hide = true)]
    disable_pooling: bool,
}

impl TriggerOptions {
    /// What was given of Spin's options that does nothing here.
    pub(crate) fn idle(&self) -> Vec<&'static str> {
        let given = [
            ("--log-dir", self.log_dir.is_some()),
            ("--truncate-logs", self.truncate_logs),
            ("--follow", !self.follow.is_empty()),
            ("--cache", self.cache.is_some()),
            ("--disable-cache", self.disable_cache),
            ("--disable-pooling", self.disable_pooling),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        given.map(|(option, _)| option).collect()
    }

    /// The options, as `spin up --help` shows them.
    pub(crate) fn help(kind: TriggerKind) -> String {
        let command = Command::new("trigger").next_help_heading(kind.heading());
        let mut command = Self::augment_args(command)
            .disable_help_flag(true)
            .help_template("{all-args}");
        command.render_long_help().to_string()
    }

    /// The options as `spin up` tells them apart: each `--long` and `-s`.
    pub(crate) fn flags() -> Vec<(Option<String>, Option<String>)> {
        let command = Self::augment_args(Command::new("trigger"));
        let flags = command.get_arguments().map(|argument| {
            let long = argument.get_long().map(|long| format!("--{long}"));
            let short = argument.get_short().map(|short| format!("-{short}"));
            (long, short)
        });
        flags.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(given: Option<&str>, app: Option<&str>, working: Option<&str>) -> PathBuf {
        let locked = LockedArgs {
            locked_url: None,
            app_dir: app.map(Into::into),
            working_dir: working.map(Into::into),
        };
        locked.state(given)
    }

    #[test]
    fn state_is_beside_the_manifest_or_lasts_as_long_as_the_run() {
        let work = Some("/tmp/spinup-1");
        assert_eq!(
            state(None, Some("/app"), work),
            Path::new("/app/.spindrift")
        );
        assert_eq!(state(None, Some(""), work), Path::new("./.spindrift"));
        assert_eq!(
            state(None, None, work),
            Path::new("/tmp/spinup-1/spindrift")
        );
        assert_eq!(
            state(Some(""), Some("/app"), work),
            Path::new("/tmp/spinup-1/spindrift")
        );
        assert_eq!(state(Some("/s"), Some("/app"), work), Path::new("/s"));
    }

    #[test]
    fn spin_is_told_of_the_options_of_its_own() {
        let flags = TriggerOptions::flags();
        for (long, short) in [
            ("--quiet", Some("-q")),
            ("--variable", None),
            ("--log-dir", Some("-L")),
        ] {
            let flag = (Some(long.to_owned()), short.map(str::to_owned));
            assert!(flags.contains(&flag), "{flags:?}");
        }
        let help = TriggerOptions::help(TriggerKind::Cron);
        assert!(
            help.contains("CRON TRIGGER OPTIONS") && help.contains("--state-dir"),
            "{help}"
        );
        assert!(!help.contains("--disable-pooling"), "{help}");
    }
}
