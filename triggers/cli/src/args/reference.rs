//! `spindrift completions` and `spindrift man`

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `spindrift completions`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift completions bash >~/.local/share/bash-completion/completions/spindrift
  spindrift completions zsh >\"${fpath[1]}/_spindrift\"
  spindrift completions fish >~/.config/fish/completions/spindrift.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

/// `spindrift man`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift man | man -l -
  spindrift man --output /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write a page for each command into this folder.
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}
