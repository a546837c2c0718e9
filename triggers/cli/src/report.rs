//! What people are told: progress and errors on standard error, results on
//! standard output. (Logs are another matter: see [`crate::logging`].)

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

/// Tells how long steps go, unless asked to be quiet.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reporter {
    /// Lines for people.
    Lines,
    /// Log records, so that what reads them finds nothing else.
    Records,
    /// Nothing.
    Quiet,
}

impl Reporter {
    /// One step.
    pub(crate) fn progress(self, line: &str) {
        match self {
            Self::Lines => drop(writeln!(stderr(), "  {line}")),
            Self::Records => tracing::info!("{line}"),
            Self::Quiet => {}
        }
    }
}

/// A result, on standard output. That nobody reads it is no reason to fail.
pub(crate) fn say(line: &str) {
    drop(writeln!(stdout(), "{line}"));
}

/// A result where a program looks for it: on standard error.
pub(crate) fn tell(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// A text of lines, on standard output.
pub(crate) fn write(text: &str) {
    drop(stdout().write_all(text.as_bytes()));
}

/// Says why the program ends.
pub(crate) fn failure(error: &anyhow::Error) -> ExitCode {
    complain(error);
    ExitCode::FAILURE
}

/// Says what went wrong, cause by cause.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut said = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Many errors quote their cause already.
        if said.contains(&text) {
            continue;
        }
        if !said.is_empty() {
            said.push_str("\n  because: ");
        }
        said.push_str(&text);
    }
    drop(writeln!(stderr(), "error: {said}"));
}
