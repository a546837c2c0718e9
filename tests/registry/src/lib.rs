//! A real image registry for tests: distribution, or, where the Referrers API is
//! wanted, the one of go-containerregistry. `scripts/registry` builds both from the Go
//! modules that `go.mod` names; a machine without Go is told so by [`skipped`].

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A registry. It ends when this is dropped, or the process is gone.
pub struct Registry {
    child: Child,
    /// `127.0.0.1:port`.
    pub address: String,
}

/// Whether a test with a registry is to be skipped, for none can be built on this
/// machine; says why. With `CI=true` that is a failure: there everything that a test
/// needs is installed.
///
/// # Panics
///
/// Under `CI=true`, when Go is missing.
pub fn skipped() -> bool {
    let mut go = Command::new("go");
    go.arg("version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if go.status().is_ok_and(|status| status.success()) {
        return false;
    }
    skip("go cannot be run, which building a registry takes; `scripts/setup test` installs it");
    true
}

/// Says why a test is skipped.
///
/// # Panics
///
/// Under `CI=true`.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|ci| ci != "true"),
        "CI=true, and {reason}"
    );
    // The test harness would keep back what is printed by the usual macros.
    _ = writeln!(std::io::stderr(), "skipped: {reason}");
}

impl Registry {
    /// Starts distribution, which has no Referrers API.
    ///
    /// # Errors
    ///
    /// It cannot be built or started.
    pub fn start() -> Result<Self> {
        Self::with(&[])
    }

    /// Starts distribution, open to those in a file of names and bcrypt hashes.
    ///
    /// # Errors
    ///
    /// It cannot be built or started.
    pub fn closed(htpasswd: &Path) -> Result<Self> {
        Self::with(&["-htpasswd", &htpasswd.to_string_lossy()])
    }

    /// Starts a registry that has the Referrers API.
    ///
    /// # Errors
    ///
    /// It cannot be built or started.
    pub fn with_referrers() -> Result<Self> {
        Self::with(&["-referrers"])
    }

    fn with(arguments: &[&str]) -> Result<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/registry");
        let built = Command::new(&script)
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| format!("cannot run {}", script.display()))?;
        ensure!(built.status.success(), "{} failed", script.display());
        let mut child = Command::new(String::from_utf8(built.stdout)?.trim())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().context("it is piped")?;
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        let address = address.trim().to_owned();
        let registry = Self { child, address };
        ensure!(!registry.address.is_empty(), "the registry does not start");
        Ok(registry)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
