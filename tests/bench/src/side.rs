//! A server that takes part in a comparison.

use std::fs::{File, OpenOptions};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use tokio::process::{Child, Command};

/// Stands for the address among a side's arguments.
pub(crate) const ADDRESS: &str = "{address}";

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
    /// Starts it, its log in `folder`, and waits until it answers `path`,
    /// whatever the answer is.
    pub(crate) async fn start(&self, folder: &Path, path: &str) -> Result<Running> {
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
        let arguments = self
            .arguments
            .iter()
            .map(|argument| argument.replace(ADDRESS, &address.to_string()));
        let child = Command::new(&self.program)
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        let mut running = Running {
            name: self.name,
            address,
            child,
            log,
        };
        running.answers(path).await?;
        Ok(running)
    }
}

impl Running {
    /// Where it is, without a path.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
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
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}):\n{}", self.name, self.last_words());
            }
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

    /// What it has of the machine's memory.
    pub(crate) fn memory(&self) -> Result<Memory> {
        let pid = self.pid()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let bytes = |name: &str| -> Result<u64> {
            let kibibytes = status
                .lines()
                .find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"))
                .with_context(|| format!("/proc/{pid}/status has no {name}"))?;
            Ok(kibibytes.parse::<u64>()? << 10)
        };
        Ok(Memory {
            resident: bytes("VmRSS:")?,
            peak: bytes("VmHWM:")?,
        })
    }

    /// The processor time that it has used, in user and system mode, its threads
    /// included (proc(5): `utime` and `stime` of `/proc/[pid]/stat`).
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        let pid = self.pid()?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The second field is the program's name in parentheses, whatever is in it.
        let (_, rest) = stat
            .rsplit_once(") ")
            .context("an unknown form of /proc/[pid]/stat")?;
        let ticks = rest
            .split(' ')
            .skip(11)
            .take(2)
            .map(str::parse::<u64>)
            .sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }

    fn pid(&self) -> Result<u32> {
        self.child
            .id()
            .with_context(|| format!("{} has ended", self.name))
    }

    /// Ends it.
    pub(crate) async fn stop(mut self) -> Result<()> {
        // As from a terminal: `wasmtime serve` knows no other way to end in order.
        if let Some(pid) = self
            .child
            .id()
            .and_then(|pid| Pid::from_raw(pid.cast_signed()))
        {
            kill_process(pid, Signal::INT)?;
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
