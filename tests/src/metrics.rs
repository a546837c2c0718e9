//! The program's figures, as its admin listener tells them, and its memory, as the system does.

use anyhow::{Context, Result};
use rustix::process::Pid;

use crate::api::Api;

/// The sum of all series whose line begins with `name` and has each of `labels`
/// (`function="tasks"`); 0 when there is none.
///
/// # Errors
/// The listener does not answer.
pub async fn sum(admin: &Api, name: &str, labels: &[&str]) -> Result<f64> {
    let text = admin.get("/metrics").send().await?.expect(200).text();
    let lines = text.lines().filter(|line| {
        let rest = line.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']))
            && labels.iter().all(|label| line.contains(label))
    });
    lines
        .map(|line| {
            line.rsplit(' ')
                .next()
                .and_then(|value| value.parse::<f64>().ok())
                .context("no number")
        })
        .sum()
}

/// Resident memory of a process, in MiB.
///
/// # Errors
/// The system does not tell.
pub fn resident_mib(pid: Pid) -> Result<f64> {
    memory_mib(pid, "VmRSS:")
}

/// The memory of a process that is no file's, in MiB.
///
/// # Errors
/// The system does not tell.
pub fn anonymous_mib(pid: Pid) -> Result<f64> {
    memory_mib(pid, "RssAnon:")
}

fn memory_mib(pid: Pid, kind: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()))?;
    let kib = status.lines().find_map(|line| line.strip_prefix(kind));
    let kib = kib.with_context(|| format!("no {kind}"))?;
    let kib: f64 = kib.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
