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

/// The first Python on PATH, and the one that Debian's packages are for.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// What the oracle says to `cases`. `Err`: why it can't be asked on this machine.
///
/// # Errors
///
/// The outer one: it was asked, and failed.
pub(crate) fn answers(cases: &[Case]) -> anyhow::Result<Result<Vec<Answer>, String>> {
    let mut why = Vec::new();
    for python in PYTHONS {
        match ask(python, cases)? {
            Ok(answers) => return Ok(Ok(answers)),
            Err(missing) => why.push(missing),
        }
    }
    Ok(Err(why.join("; ")))
}

fn ask(python: &str, cases: &[Case]) -> anyhow::Result<Result<Vec<Answer>, String>> {
    let started = Command::new(python)
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => return Ok(Err(format!("{python} can't be started: {error}"))),
    };
    let mut input = child.stdin.take().context("the oracle has an input")?;
    let lines = cases.iter().map(serde_json::to_string);
    let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    // Beside the reading, since either pipe can be full. An oracle that has gone
    // is told of by its status.
    let writer = std::thread::spawn(move || {
        let written = lines.iter().try_for_each(|line| writeln!(input, "{line}"));
        written.ok();
    });
    let output = BufReader::new(child.stdout.take().context("the oracle has an output")?);
    let answers = output.lines().map(|line| Ok(serde_json::from_str(&line?)?));
    let answers: Vec<Answer> = answers.collect::<anyhow::Result<_>>()?;
    let ended = child.wait_with_output()?;
    ensure!(writer.join().is_ok(), "the writer failed");
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    match ended.status.code() {
        Some(0) => {}
        Some(NOT_INSTALLED) => return Ok(Err(format!("{python} lacks something: {said}"))),
        _ => bail!("the oracle ended with {}: {said}", ended.status),
    }
    let (asked, got) = (cases.len(), answers.len());
    ensure!(asked == got, "{got} answers to {asked} cases");
    Ok(Ok(answers))
}
