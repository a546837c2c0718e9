//! `spindrift plugin`, and what the program is when it is called as a plugin.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

/// The names that stand for commands: those of plugins, and of what one may link.
const CALLED: [(&str, &[&str]); 3] = [
    ("trigger-cron", &["trigger", "cron"]),
    ("trigger-kafka", &["trigger", "kafka"]),
    ("deploy", &["deploy"]),
];

/// `spindrift plugin`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift plugin install                       for the Spin of this machine
  spin up                                        now runs [[trigger.cron]] and [[trigger.kafka]]
  SPIN_DEPLOY_PLUGIN=spindrift spin deploy ...   is `spindrift deploy ...`
  spindrift plugin package --output plugins      archives, to install elsewhere
  spin plugins install --file plugins/trigger-cron.json

There are three plugins, each this program: trigger-cron and trigger-kafka run the triggers of
their type, and `spin spindrift ...` is `spindrift ...`.")]
pub(crate) struct PluginArgs {
    #[command(subcommand)]
    pub(crate) command: PluginCommand,
}

/// What to do with the plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// Write the plugins' archives and manifests, for `spin plugins install`.
    Package(PluginPackageArgs),
    /// Put the plugins where the Spin of this machine looks for them.
    Install(PluginInstallArgs),
}

/// `spindrift plugin package`
#[derive(Args, Debug)]
pub(crate) struct PluginPackageArgs {
    /// The folder to write them into.
    #[arg(short, long, value_name = "DIR", default_value = "plugins")]
    pub(crate) output: PathBuf,
    /// Where the archives will be downloaded from [default: the folder, as file:///...].
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// A page about the plugins, for their manifests.
    #[arg(long, value_name = "URL")]
    pub(crate) homepage: Option<String>,
}

/// `spindrift plugin install`
#[derive(Args, Debug)]
pub(crate) struct PluginInstallArgs {
    /// Where Spin keeps its data [default: `spin` in the user's folder of such data].
    #[arg(long, value_name = "DIR", env = "SPIN_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// The command line, with the command that the program's name stands for written out.
pub(super) fn arguments(given: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut given = given.into_iter();
    let program = given.next();
    let name = program.as_deref().and_then(|p| Path::new(p).file_name());
    let called = CALLED
        .iter()
        .find(|(called, _)| name == Some(OsStr::new(called)));
    let Some((_, words)) = called else {
        return program.into_iter().chain(given).collect();
    };
    // The help is that of the command, so it is shown under its name.
    ["spindrift"]
        .iter()
        .chain(words.iter())
        .map(OsString::from)
        .chain(given)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments_of(words: &[&str]) -> Vec<OsString> {
        arguments(words.iter().map(OsString::from))
    }

    #[test]
    fn the_name_of_a_plugin_is_its_command() {
        assert_eq!(
            arguments_of(&["/data/plugins/trigger-cron/trigger-cron", "--quiet"]),
            ["spindrift", "trigger", "cron", "--quiet"]
        );
        assert_eq!(
            arguments_of(&["deploy", "--dry-run"]),
            ["spindrift", "deploy", "--dry-run"]
        );
    }

    #[test]
    fn any_other_name_is_none() {
        for words in [
            &["target/release/spindrift", "up"][..],
            &["trigger-cron/spindrift", "up"],
            &["trigger-redis"],
            &[],
        ] {
            assert_eq!(arguments_of(words), words);
        }
    }
}
