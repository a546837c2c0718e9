//! Load, by wrk.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::processors::Processors;

/// The script that makes wrk send what it is told to and print what it saw.
const SCRIPT: &str = include_str!("load.lua");

/// What is sent, again and again.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    /// Where their body is.
    pub(crate) body: Option<PathBuf>,
    /// A file with an access token on each line, used in turn.
    pub(crate) tokens: Option<PathBuf>,
}

impl Requests {
    /// GETs of `path`, from nobody.
    pub(crate) fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            body: None,
            tokens: None,
        }
    }

    /// POSTs of `body`, which is written into `folder`.
    pub(crate) fn post(path: &'static str, body: &[u8], folder: &Path) -> Result<Self> {
        let file = folder.join(format!("{}.body", path.replace('/', "-").trim_matches('-')));
        std::fs::write(&file, body).with_context(|| format!("cannot write {}", file.display()))?;
        Ok(Self {
            method: "POST",
            path,
            body: Some(file),
            tokens: None,
        })
    }
}

/// What wrk saw in one run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Figures {
    pub(crate) requests: f64,
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// The line that the script prints.
#[derive(Deserialize)]
struct Summary {
    requests: f64,
    micros: f64,
    failed: u64,
    refused: u64,
    p50_micros: f64,
    p99_micros: f64,
}

/// wrk, and its script in a file.
#[derive(Debug)]
pub(crate) struct Generator {
    script: PathBuf,
    processors: Processors,
}

impl Generator {
    /// Writes the script into `folder`. wrk runs on `processors`.
    pub(crate) fn new(folder: &Path, processors: Processors) -> Result<Self> {
        let script = folder.join("load.lua");
        std::fs::write(&script, SCRIPT)
            .with_context(|| format!("cannot write {}", script.display()))?;
        Ok(Self { script, processors })
    }

    /// Sends `requests` to `base` over `connections` for `time`. An answer other
    /// than 2xx or 3xx is an error: a server must not win by refusing.
    pub(crate) async fn run(
        &self,
        base: &str,
        requests: &Requests,
        connections: usize,
        time: Duration,
    ) -> Result<Figures> {
        let threads = connections.min(2);
        let file = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
        let output = self
            .processors
            .command("wrk")
            .arg(format!("-t{threads}"))
            .arg(format!("-c{connections}"))
            .arg(format!("-d{}s", time.as_secs().max(1)))
            .args(["--timeout", "10s", "-s"])
            .arg(&self.script)
            .arg(format!("{base}{}", requests.path))
            .args(["--", requests.method])
            .args([file(&requests.body), file(&requests.tokens)])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .context("cannot run wrk; `scripts/setup bench` installs it")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let Some(line) = said.lines().find_map(|line| line.strip_prefix("figures ")) else {
            bail!(
                "wrk gave no figures: {said}{}",
                String::from_utf8_lossy(&output.stderr)
            );
        };
        let summary: Summary =
            serde_json::from_str(line).context("wrk's figures cannot be read")?;
        ensure!(
            summary.failed == 0 && summary.refused == 0,
            "{} requests had no answer and {} an error, of {}",
            summary.failed,
            summary.refused,
            summary.requests
        );
        Ok(Figures {
            requests: summary.requests,
            requests_per_second: summary.requests * 1e6 / summary.micros,
            p50_ms: summary.p50_micros / 1e3,
            p99_ms: summary.p99_micros / 1e3,
        })
    }
}
