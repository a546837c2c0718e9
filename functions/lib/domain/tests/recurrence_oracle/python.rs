//! The other implementation: a script of ours over python-dateutil.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail, ensure};

use super::case::{Answer, Case};

const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/recurrence_oracle/oracle.py"
);

/// What the script ends with when Python lacks something.
const NOT_INSTALLED: i32 = 3;

/// What the oracle says to `cases`. `Err`: why it can't be asked on this machine.
///
/// # Errors
///
/// The outer one: it was asked, and failed.
pub fn answers(cases: &[Case]) -> anyhow::Result<Result<Vec<Answer>, String>> {
    let python = Command::new("python3")
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut python = match python {
        Ok(python) => python,
        Err(error) => return Ok(Err(format!("python3 can't be started: {error}"))),
    };
    let mut input = python.stdin.take().context("python3 has an input")?;
    let lines: Vec<String> = cases
        .iter()
        .map(serde_json::to_string)
        .collect::<Result<_, _>>()?;
    // Beside the reading, since either pipe can be full. An oracle that has gone
    // is told of by its status.
    let writer = std::thread::spawn(move || {
        lines
            .iter()
            .try_for_each(|line| writeln!(input, "{line}"))
            .ok();
    });
    let output = BufReader::new(python.stdout.take().context("python3 has an output")?);
    let answers: Vec<Answer> = output
        .lines()
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect::<anyhow::Result<_>>()?;
    let ended = python.wait_with_output()?;
    ensure!(writer.join().is_ok(), "the writer failed");
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    match ended.status.code() {
        Some(0) => {}
        Some(NOT_INSTALLED) => return Ok(Err(format!("python3 lacks something: {said}"))),
        _ => bail!("the oracle ended with {}: {said}", ended.status),
    }
    ensure!(
        answers.len() == cases.len(),
        "{} of {} answers",
        answers.len(),
        cases.len()
    );
    Ok(Ok(answers))
}
