//! What must end with the tests, however they end.

use std::ffi::OsStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A small process that waits for this one to end, by any means, and then runs a
/// shell script. It holds the other end of a pipe that nobody ever writes to.
#[derive(Debug)]
pub(crate) struct Guard(Child);

impl Guard {
    /// Starts it. The arguments are `$1`, `$2`, ... of the script.
    pub(crate) fn start<A: AsRef<OsStr>>(
        script: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> io::Result<Self> {
        // `read` returns when the pipe is closed. A Ctrl-C at the terminal is for
        // the tests; the guard acts when they are gone.
        let script = format!("trap '' INT TERM HUP; read -r _; {script}");
        let guard = Command::new("sh")
            .args(["-c", &script, "guard"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        Ok(Self(guard))
    }

    /// Ends it without running the script.
    pub(crate) fn dismiss(&mut self) {
        // When it is gone already, that is what was wanted.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}
