//! The server's process, and other programs of PostgreSQL's.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::{oneshot, watch};

use crate::Error;
use crate::account::Account;

/// A command that runs `program` in `folder` as `account`, in a process group of
/// its own (a Ctrl-C meant for spindrift must not stop the database before the
/// requests are drained), with nothing of this process's environment: there are
/// secrets in it. Where the system can, it gets SIGINT when this process dies.
pub(super) fn command(program: &Path, folder: &Path, account: Option<&Account>) -> Command {
    let mut command = match dies_with_parent() {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.env_clear().env("LC_ALL", "C");
    for kept in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"] {
        command.envs(std::env::var_os(kept).map(|value| (kept, value)));
    }
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .process_group(0);
    if let Some(account) = account {
        // Also lets go of root's supplementary groups.
        command.uid(account.uid).gid(account.gid);
    }
    command
}

/// `setpriv` of util-linux, when this one knows `--pdeathsig`.
fn dies_with_parent() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let probe = |setpriv: &&str| {
            Command::new(setpriv)
                .args(["--pdeathsig", "INT", "--", "true"])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        };
        ["/usr/bin/setpriv", "/bin/setpriv"].into_iter().find(probe)
    })
}

/// Runs a command to its end.
pub(super) async fn run(mut command: Command) -> Result<Output, Error> {
    let program = command.get_program().into();
    let (sender, receiver) = oneshot::channel();
    // A thread of its own: the death signal of `command` comes when the
    // *thread* that started the program ends.
    std::thread::spawn(move || sender.send(command.output()));
    let result = receiver
        .await
        .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
    result.map_err(|cause| Error::Run { program, cause })
}

/// What a program that failed had to say.
pub(crate) fn failed(program: &str, output: &Output) -> Error {
    let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    Error::Program {
        program: program.to_owned(),
        status: output.status.to_string(),
        output: last_lines(&String::from_utf8_lossy(&said), 30),
    }
}

/// The last lines of a text, each indented.
pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let start = lines.len().saturating_sub(count);
    lines[start..]
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

/// A program that runs beside this one, told to stop (SIGINT) when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    /// Its process id. `setpriv` becomes the program, so it is the program's own.
    pub(super) pid: Pid,
    exit: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    /// Starts it.
    pub(super) async fn spawn(mut command: Command) -> Result<Self, Error> {
        let program = command.get_program().into();
        let (started, starting) = oneshot::channel();
        let (exited, exit) = watch::channel(None);
        // The thread lives as long as the program, so that the death signal
        // comes with the end of this process and not before.
        std::thread::spawn(move || match command.spawn() {
            Ok(mut child) => {
                // Nobody waits any more: the caller was dropped, and will not stop it.
                if started.send(Ok(Pid::from_child(&child))).is_err() {
                    let _ = kill_process(Pid::from_child(&child), Signal::INT);
                }
                if let Ok(status) = child.wait() {
                    exited.send_replace(Some(status));
                }
            }
            Err(cause) => {
                let _ = started.send(Err(cause));
            }
        });
        let result = starting
            .await
            .unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        result
            .map(|pid| Self { pid, exit })
            .map_err(|cause| Error::Run { program, cause })
    }

    /// How it ended, if it has.
    pub(super) fn status(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub(super) async fn ended(&mut self) -> Option<ExitStatus> {
        // The sender is dropped without a value only when waiting itself failed.
        self.exit
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|status| *status)
    }

    /// Sends it a signal, unless it has ended.
    pub(super) fn signal(&self, signal: Signal) {
        if self.status().is_none() {
            // It may end in this moment; then there is nothing left to tell it.
            let _ = kill_process(self.pid, signal);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::INT);
    }
}
