//! `spindrift completions` and `spindrift man`: the command line, for shells and for
//! readers of manuals.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory as _;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::report::{say, write};

/// Writes what a shell completes by.
pub(super) fn completions(args: &CompletionsArgs) -> ExitCode {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    write(&String::from_utf8_lossy(&script));
    ExitCode::SUCCESS
}

/// Writes the manual: the first page, or all of them into a folder.
pub(super) fn man(args: &ManArgs) -> Result<ExitCode> {
    let command = Cli::command();
    let Some(folder) = &args.output else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        write(&String::from_utf8_lossy(&page));
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .with_context(|| format!("cannot write the manual to {}", folder.display()))?;
    say(&format!("Wrote the manual to {}", folder.display()));
    Ok(ExitCode::SUCCESS)
}
