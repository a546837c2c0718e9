//! A server that takes part in a comparison.

use std::fs::{File, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::process::Child;

use crate::processors::Processors;

/// Stands for the address among a side's arguments.
pub(crate) const ADDRESS: &str = "{address}";
/// Stands for the address's port.
pub(crate) const PORT: &str = "{port}";

/// How long a server may take to answer its first request (compiling included),
/// and to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// What Linux shows times in, on every processor that matters (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// A server, and how to start it.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    pub(crate) name: &'static str,
    pub(crate) program: PathBuf,
    /// Its arguments, with [`ADDRESS`] for where to listen.
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// A server that runs. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) name: &'static str,
    address: SocketAddr,
    child: Child,
    log: PathBuf,
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Memory {
    /// In use now.
    pub(crate) resident: u64,
    /// The most since it started.
    pub(crate) peak: u64,
}

impl Side {
    /// Starts it on all processors, its log in `folder`, and waits until it answers
    /// `path`, whatever the answer is.
    pub(crate) async fn start(&self, folder: &Path, path: &str) -> Result<Running> {
        self.start_on(&Processors::default(), folder, path).await
    }

    /// The same on some of them.
    pub(crate) async fn start_on(
        &self,
        processors: &Processors,
        folder: &Path,
        path: &str,
    ) -> Result<Running> {
        let mut running = self.spawn(processors, folder)?;
        running.answers(path).await?;
        Ok(running)
    }

    /// Starts it, its log in `folder`, and does not wait for it.
    pub(crate) fn spawn(&self, processors: &Processors, folder: &Path) -> Result<Running> {
        ensure!(
            self.program.is_file(),
            "{} is not there: `make bench` builds everything that takes part",
            self.program.display()
        );
        let address = free_address()?;
        let log = folder.join(format!("{}.log", self.name.replace(' ', "-")));
        let output = File::create(&log)
            .and_then(|_| OpenOptions::new().append(true).open(&log))
            .with_context(|| format!("cannot write {}", log.display()))?;
        let arguments = self.arguments.iter().map(|argument| {
            argument
                .replace(ADDRESS, &address.to_string())
                .replace(PORT, &address.port().to_string())
        });
        let child = processors
            .command(&self.program)
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Running {
            name: self.name,
            address,
            child,
            log,
        })
    }
}

impl Running {
    /// Where it is, without a path.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it listens, as soon as it does.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// That it has not ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("{} ended ({status}):\n{}", self.name, self.last_words());
        }
        Ok(())
    }

    async fn answers(&mut self, path: &str) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
        while client
            .get(format!("{}{path}", self.base()))
            .send()
            .await
            .is_err()
        {
            self.still_runs()?;
            ensure!(
                Instant::now() < deadline,
                "{} does not answer:\n{}",
                self.name,
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Empties its log: millions of lines would fill the disk, and writing them
    /// out would be paid for by whoever runs next.
    pub(crate) fn empty_log(&self) -> Result<()> {
        Ok(OpenOptions::new().write(true).open(&self.log)?.set_len(0)?)
    }

    /// How many lines its log has.
    pub(crate) fn log_lines(&self) -> Result<usize> {
        Ok(std::fs::read(&self.log)?
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count())
    }

    /// What it has of the machine's memory, its workers included.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let mut memory = Memory {
            resident: 0,
            peak: 0,
        };
        for pid in self.family()? {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
            let bytes = |name: &str| -> Result<u64> {
                let kibibytes = status
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))
                    .with_context(|| format!("/proc/{pid}/status has no {name}"))?;
                Ok(kibibytes.parse::<u64>()? << 10)
            };
            memory.resident += bytes("VmRSS:")?;
            memory.peak += bytes("VmHWM:")?;
        }
        Ok(memory)
    }

    /// The processor time that it has used, in user and system mode, its threads and
    /// workers included (proc(5): `utime` and `stime` of `/proc/[pid]/stat`).
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let mut all = 0;
        for pid in self.family()? {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
            // The second field is the program's name in parentheses, whatever is in it.
            let (_, rest) = stat
                .rsplit_once(") ")
                .context("an unknown form of /proc/[pid]/stat")?;
            all += rest
                .split(' ')
                .skip(11)
                .take(2)
                .map(str::parse::<u64>)
                .sum::<Result<u64, _>>()?;
        }
        Ok(Duration::from_millis(all * 1000 / TICKS_PER_SECOND))
    }

    /// The process, and those that it started as workers (proc(5): `children`).
    fn family(&self) -> Result<Vec<u32>> {
        let pid = self.pid()?;
        let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
        let mut family = vec![pid];
        for child in children.split_whitespace() {
            family.push(child.parse()?);
        }
        Ok(family)
    }

    fn pid(&self) -> Result<u32> {
        self.child
            .id()
            .with_context(|| format!("{} has ended", self.name))
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        // Not as from a terminal: a shell that starts the benchmarks behind itself has
        // them, and all that they start, ignore that.
        if let Some(pid) = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()))
        {
            kill_process(pid, Signal::TERM)?;
        }
        tokio::time::timeout(PATIENCE, self.child.wait())
            .await
            .with_context(|| format!("{} does not end", self.name))??;
        Ok(())
    }
}

/// An address of this machine that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
