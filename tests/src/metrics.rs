//! The program's figures, as its admin listener tells them.

use anyhow::{Context, Result};

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
pub fn resident_mib(pid: rustix::process::Pid) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}
