//! The program while it serves, and after.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};

use crate::api::Api;
use crate::guard::Guard;
use crate::start::Start;
use crate::wait::{until, within};

/// How long the program may take until it serves. A first start makes a database.
const START: Duration = Duration::from_secs(90);
/// How long it may take to stop: it lets requests end.
const STOP: Duration = Duration::from_secs(40);

/// The program, serving. Dropped, it is killed; a test that failed then prints what
/// the program said.
#[derive(Debug)]
pub struct Running {
    /// Requests to it.
    pub api: Api,
    /// When it was started.
    pub started: Instant,
    child: Child,
    guard: Guard,
    stdout: PathBuf,
    stderr: PathBuf,
    /// Last, so that the folder is removed when nothing writes to it any more.
    start: Start,
}

/// What a program said that has ended.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Running {
    pub(crate) async fn start(start: Start) -> Result<Self> {
        let (stdout, stderr) = (start.output("stdout"), start.output("stderr"));
        let mut command = start.process()?;
        command.stdin(std::process::Stdio::null());
        command
            .stdout(File::create(&stdout)?)
            .stderr(File::create(&stderr)?);
        let started = Instant::now();
        let child = command.spawn().context("cannot start the program")?;
        let pid = child.id().context("it has ended already")?;
        // SIGTERM lets it stop its database; SIGKILL is for one that hangs.
        let end = "kill -TERM $1; for _ in $(seq 300); do kill -0 $1 || exit 0; sleep 0.1; done; kill -KILL $1";
        let guard = Guard::start(end, [pid.to_string()])?;
        let mut running = Self {
            api: Api::new(""),
            started,
            child,
            guard,
            stdout,
            stderr,
            start,
        };
        let url = running.ready().await?;
        running.api = Api::new(&url);
        Ok(running)
    }

    /// Waits for the line that says where it serves.
    async fn ready(&mut self) -> Result<String> {
        let (child, stdout) = (&mut self.child, &self.stdout);
        let ready = within(START, "the program to serve", async || {
            if let Some(url) = served_at(&fs::read_to_string(stdout).unwrap_or_default()) {
                return Some(Ok(url));
            }
            matches!(child.try_wait(), Ok(Some(_))).then_some(Err(()))
        })
        .await?;
        let Ok(url) = ready else {
            bail!(
                "the program ended at its start: {}{}",
                self.stdout(),
                self.log()
            );
        };
        Ok(url)
    }

    /// Its process id.
    ///
    /// # Errors
    /// It has ended.
    pub fn pid(&self) -> Result<Pid> {
        let id = self.child.id().context("the program has ended")?;
        Pid::from_raw(i32::try_from(id)?).context("no process has the id 0")
    }

    /// Its state folder.
    pub fn state(&self) -> PathBuf {
        self.start.state().to_owned()
    }

    /// Everything on its standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.stderr).unwrap_or_default()
    }

    /// Everything on its standard output so far.
    pub fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).unwrap_or_default()
    }

    /// The log's lines that are JSON objects.
    pub fn records(&self) -> Vec<Value> {
        self.log()
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Waits for a log record.
    ///
    /// # Errors
    /// None comes.
    pub async fn record(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        until(what, async || self.records().into_iter().find(&wanted)).await
    }

    /// Requests to the listener for operators.
    ///
    /// # Errors
    /// The log does not say where it is.
    pub async fn admin(&self) -> Result<Api> {
        let record = self
            .record("the admin listener", |record| {
                record["message"] == "operators' listener"
            })
            .await?;
        Ok(Api::new(record["url"].as_str().context("no url")?))
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill_process(self.pid()?, signal)?)
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended. What it was started with can be used again.
    ///
    /// # Errors
    /// It goes on.
    pub async fn ended(mut self) -> Result<(ExitStatus, Start)> {
        self.guard.dismiss();
        let status = tokio::time::timeout(STOP, self.child.wait())
            .await
            .with_context(|| format!("the program does not end:\n{}", self.log()))??;
        let replacement = Start::command(&[])?;
        Ok((status, std::mem::replace(&mut self.start, replacement)))
    }

    /// Stops it as an operator would, and checks that it says so with success.
    ///
    /// # Errors
    /// It does not stop, or not cleanly.
    pub async fn stop(self) -> Result<Start> {
        self.signal(Signal::TERM)?;
        let stderr = self.stderr.clone();
        let (status, start) = self.ended().await?;
        let log = fs::read_to_string(stderr).unwrap_or_default();
        ensure!(status.success(), "stopped with {status}:\n{log}");
        Ok(start)
    }

    /// Kills it, as a crash would.
    ///
    /// # Errors
    /// It has ended already.
    pub async fn kill(self) -> Result<Start> {
        self.signal(Signal::KILL)?;
        Ok(self.ended().await?.1)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.guard.dismiss();
        // Tests stop what they start; one that comes here with it running has failed.
        if matches!(self.child.try_wait(), Ok(None)) {
            _ = self.child.start_kill();
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::yield_now();
            }
            let (out, log) = (self.stdout(), self.log());
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(100)..].join("\n");
            report(&format!("--- the program said:\n{out}{tail}\n---"));
        }
    }
}

#[expect(clippy::print_stderr, reason = "for whoever reads why a test failed")]
fn report(text: &str) {
    eprintln!("{text}");
}

/// The URL in `Serving NAME on URL (ready in ...)`; empty in a line that says that it
/// is ready for something else.
fn served_at(stdout: &str) -> Option<String> {
    let mut lines = stdout.lines();
    let line = lines.find(|line| line.contains(" (ready in ") && line.ends_with(')'))?;
    let url = line
        .split(" on ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    Some(url.unwrap_or_default().to_owned())
}

impl Ended {
    pub(crate) async fn of(mut command: Command) -> Result<Self> {
        command
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(START, command.output())
            .await
            .context("the program does not end")??;
        Ok(Self {
            status: output.status,
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }
}
