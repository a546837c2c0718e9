//! The real program on an application of its own.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// An application that needs no function: a route with a fixed answer, a
/// database with one table, and a secret.
const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "fixed"
[variables]
app_url = { required = true, secret = true }
host = { required = true }
key = { required = true, secret = true }
[application.tool.spindrift.database]
migrations = "migrations"
host_variable = "host"
roles = { app_url = "spindrift_app" }
[application.tool.spindrift.generated]
key = 32
[[trigger.http]]
route = "/fixed"
static_response = { body = "here" }
"#;

const MIGRATION: &str =
    "CREATE TABLE t (n int); GRANT SELECT ON t TO spindrift_app; INSERT INTO t VALUES (42);";

/// A folder with a manifest and migrations. The state folder is beside them.
pub(crate) struct Application {
    pub(crate) folder: TempDir,
}

impl Application {
    pub(crate) fn new() -> Self {
        Self::with(MANIFEST)
    }

    pub(crate) fn with(manifest: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // For the user that the database runs as, when the tests run as root.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).expect("permissions");
        let application = Self { folder };
        application.write("spin.toml", manifest);
        fs::create_dir(application.path("migrations")).expect("a folder");
        application.write("migrations/0001_t.sql", MIGRATION);
        application
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    /// The program in the application's folder, with an environment of its own.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_spindrift"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["DATABASE_URL", "DIRECT_DATABASE_URL", "PORT", "RUST_LOG"].contains(&text.as_ref())
                || (text.starts_with("SPIN") && text != "SPINDRIFT_POSTGRES_BIN")
            {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).output().expect("the program runs"))
    }

    /// Starts `up` on a free port and waits until it serves.
    pub(crate) fn up(&self) -> Up {
        Up::start(self.command(&[
            "up",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]))
    }

    /// A URL of the private server's superuser, while it runs.
    pub(crate) fn database_url(&self) -> String {
        let read = |name: &str| {
            fs::read_to_string(self.path(name))
                .expect("a file")
                .trim()
                .to_owned()
        };
        let (password, port) = (
            read(".spindrift/secrets/role.postgres"),
            read(".spindrift/postgres.port"),
        );
        format!("postgres://postgres:{password}@127.0.0.1:{port}/spindrift")
    }

    /// The process id of the private server.
    pub(crate) fn database_pid(&self) -> Option<i32> {
        let text = fs::read_to_string(self.path(".spindrift/postgres/data/postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }
}

/// A command that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// What it printed, after it succeeded.
    pub(crate) fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self.stdout
    }

    /// What it said, after it failed.
    pub(crate) fn failure(self) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// A program that serves. Stopped in the end.
pub(crate) struct Up {
    pub(crate) child: Child,
    /// `host:port`.
    pub(crate) address: String,
    /// The line that it printed.
    pub(crate) line: String,
}

impl Up {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line
            .split("http://")
            .nth(1)
            .and_then(|rest| rest.split(' ').next());
        let address = address
            .unwrap_or_else(|| panic!("it does not serve, and says: {line}"))
            .to_owned();
        Self {
            child,
            address,
            line,
        }
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is there");
    }

    /// Asks it to stop and waits for its end.
    pub(crate) fn stop(mut self) -> Option<i32> {
        self.signal(Signal::TERM);
        self.child.wait().expect("it can be waited for").code()
    }

    /// The whole answer to a GET.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal(Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

/// Waits for a condition.
#[expect(
    clippy::disallowed_methods,
    reason = "a plain thread that polls; there are no tasks to hold up"
)]
pub(crate) fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
