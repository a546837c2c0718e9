//! A Redis server of a test's own.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::guard::Guard;
use crate::run_folder::scratch;
use crate::servers::free_port;
use crate::wait::until;

/// A server on a port of its own, with nothing in it. It ends when this is dropped, or
/// the process is gone.
#[derive(Debug)]
pub struct Redis {
    port: u16,
    tls: Option<Tls>,
    process: Option<Process>,
    folder: TempDir,
}

/// A port with TLS, beside the other.
#[derive(Debug)]
struct Tls {
    port: u16,
    certificate: PathBuf,
    key: PathBuf,
}

#[derive(Debug)]
struct Process {
    child: Child,
    guard: Guard,
}

impl Redis {
    /// Whether a test with Redis is to be skipped, for there is none on this machine; says
    /// why. With `CI=true` that is a failure: there everything that a test needs is
    /// installed.
    ///
    /// # Panics
    /// Under `CI=true`, when Redis is missing.
    pub fn skipped() -> bool {
        let mut redis = Command::new("redis-server");
        redis
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if redis.status().is_ok_and(|status| status.success()) {
            return false;
        }
        let reason = "redis-server cannot be run; `scripts/setup test` installs it";
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "CI=true, and {reason}"
        );
        // The test harness would keep back what is printed by the usual macros.
        _ = writeln!(std::io::stderr(), "skipped: {reason}");
        true
    }

    /// Starts one.
    ///
    /// # Errors
    /// It cannot be started, or does not answer.
    pub async fn start() -> Result<Self> {
        Self::with(None).await
    }

    /// Starts one that speaks TLS too, with a certificate and its key in PEM.
    ///
    /// # Errors
    /// It cannot be started, or does not answer.
    pub async fn secure(certificate: &Path, key: &Path) -> Result<Self> {
        let tls = Tls {
            port: free_port()?,
            certificate: certificate.to_owned(),
            key: key.to_owned(),
        };
        Self::with(Some(tls)).await
    }

    async fn with(tls: Option<Tls>) -> Result<Self> {
        let mut redis = Self {
            port: free_port()?,
            tls,
            process: None,
            folder: scratch()?,
        };
        redis.resume().await?;
        Ok(redis)
    }

    /// `host:port`.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://{}", self.host())
    }

    /// `host:port` where it speaks TLS; nothing where it does not.
    pub fn secure_host(&self) -> String {
        let tls = self.tls.as_ref();
        tls.map(|tls| format!("127.0.0.1:{}", tls.port))
            .unwrap_or_default()
    }

    /// Kills it. What was in it is lost.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Starts it again, on the same port.
    ///
    /// # Errors
    /// It cannot be started, or does not answer.
    pub async fn resume(&mut self) -> Result<()> {
        let log = File::create(self.folder.path().join("redis.log"))?;
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.port.to_string(), "--dir"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(tls) = &self.tls {
            command
                .args([
                    "--tls-port",
                    &tls.port.to_string(),
                    "--tls-auth-clients",
                    "no",
                ])
                .arg("--tls-cert-file")
                .arg(&tls.certificate)
                .arg("--tls-key-file")
                .arg(&tls.key);
        }
        let child = command.spawn().context("cannot start redis-server")?;
        let guard = Guard::start("kill -KILL $1", [child.id().to_string()])?;
        self.process = Some(Process { child, guard });
        let ready = async || {
            let said = self.command(&["PING"]).await.ok()?;
            (said == "+PONG").then_some(())
        };
        until("Redis to answer", ready).await
    }

    /// Sends its process a signal.
    ///
    /// # Errors
    /// It has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let process = self.process.as_ref().context("Redis was killed")?;
        let pid = Pid::from_raw(i32::try_from(process.child.id())?).context("no process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Publishes a message, and answers how many listen to the channel.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn publish(&self, channel: &str, message: &str) -> Result<u64> {
        let said = self.command(&["PUBLISH", channel, message]).await?;
        let count = said.strip_prefix(':').context("no number")?;
        Ok(count.parse()?)
    }

    /// Sends a command, and answers the first line of what comes back.
    async fn command(&self, words: &[&str]) -> Result<String> {
        let mut stream = BufReader::new(TcpStream::connect(self.host()).await?);
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command += &format!("${}\r\n{word}\r\n", word.len());
        }
        stream.write_all(command.as_bytes()).await?;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        ensure!(line.ends_with("\r\n"), "it hung up");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.guard.dismiss();
        // It may have ended by itself; one that was stopped ends by this signal too.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
