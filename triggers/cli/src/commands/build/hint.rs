//! What may be amiss where a build command failed.

use std::process::ExitStatus;

use crate::doctor::{NODE, PYTHON, guest_target};

/// What a shell says of a program that it does not find.
const NOT_FOUND: Option<i32> = Some(127);

/// How to mend what may be missing; empty where the command itself has said it.
pub(super) fn hint(command: &str, status: ExitStatus) -> String {
    if command.contains("wasm32-wasip2") {
        return guest_target().err().unwrap_or_default();
    }
    if command.contains("python3 -m venv") {
        return format!("It takes {PYTHON}.");
    }
    if command.starts_with("npm ") && status.code() == NOT_FOUND {
        return format!("It takes {NODE}.");
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn what_is_missing_is_named_and_what_is_there_is_not_blamed() {
        // As the system has it: the code is above the signal.
        let ended = |code: i32| ExitStatus::from_raw(code << 8);
        let venv = "test -x .venv/bin/pip || python3 -m venv .venv";
        assert!(hint(venv, ended(1)).contains("python3-venv"));
        assert!(hint("npm install", ended(127)).contains("Node.js"));
        assert_eq!(hint("npm run build", ended(1)), "");
        assert_eq!(hint("make", ended(127)), "");
    }
}
