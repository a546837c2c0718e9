//! Where Kafka's jars are.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, ensure};

/// Whether a test with brokers is to be skipped, for none can be started on this
/// machine; says why. With `CI=true` that is a failure: there everything that a test
/// needs is installed.
///
/// # Panics
///
/// Under `CI=true`, when something is missing.
pub fn skipped() -> bool {
    let reason = missing();
    if let Some(reason) = &reason {
        // The test harness would keep back what is printed by the usual macros.
        _ = writeln!(std::io::stderr(), "skipped: {reason}");
    }
    reason.is_some()
}

/// Why no broker can be started, if so.
fn missing() -> Option<String> {
    let gone: Vec<&str> = ["java", "mvn"]
        .into_iter()
        .filter(|name| !runs(name))
        .collect();
    if gone.is_empty() {
        return None;
    }
    let reason = format!(
        "{} cannot be run, which starting Kafka takes; `scripts/setup test` installs it",
        gone.join(" and ")
    );
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "CI=true, and {reason}"
    );
    Some(reason)
}

fn runs(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("-version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// The folder of the jars, which are fetched when they are not there yet.
pub(crate) fn folder() -> Result<PathBuf> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| fetch().map_err(|error| format!("{error:#}")));
    folder.clone().map_err(|error| anyhow!("{error}"))
}

fn fetch() -> Result<PathBuf> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/kafka-jars");
    let output = Command::new(&script)
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot run {}", script.display()))?;
    ensure!(output.status.success(), "{} failed", script.display());
    Ok(String::from_utf8(output.stdout)?.trim().into())
}
