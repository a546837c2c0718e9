//! What building functions takes.

use std::path::Path;
use std::process::Command;

use super::Finding;

/// The oldest Rust that builds this workspace.
const MINIMUM_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// What builds functions in Python.
pub(crate) const PYTHON: &str =
    "Python 3.10 or newer with its venv module (on Debian, `apt-get install python3-venv`)";

/// What builds functions in TypeScript.
pub(crate) const NODE: &str = "Node.js 20 or newer with npm (https://nodejs.org)";

/// Checks what the commands that are to build something call. `None`: nobody knows them,
/// and they may be cargo's.
pub(super) fn check(commands: Option<&[String]>) -> Vec<Finding> {
    let call = |program: &str| {
        let calls = |commands: &[String]| commands.iter().any(|text| text.contains(program));
        commands.map(calls)
    };
    let mut findings = rust(call("cargo").unwrap_or(true));
    if call("python3").unwrap_or(false) {
        // Debian's Python has a venv module that stops where ensurepip is missing.
        let version = "import ensurepip, sys, venv; print(sys.version.split()[0])";
        findings.push(match answer("python3", &["-c", version]) {
            Some(version) if at_least(&version, "3.10") => Finding::ok("Python", version.trim()),
            _ => Finding::fail("Python", format!("functions are built by {PYTHON}")),
        });
    }
    if call("npm ").unwrap_or(false) {
        findings.push(match answer("npm", &["--version"]) {
            Some(version) => Finding::ok("npm", version.trim()),
            None => Finding::fail("npm", format!("functions are built by {NODE}")),
        });
    }
    findings
}

/// Checks Rust. It is needed only while there is something to build by it.
fn rust(must_build: bool) -> Vec<Finding> {
    let missing = if must_build {
        Finding::fail
    } else {
        Finding::warn
    };
    let mut findings = vec![match rust_version() {
        Some(version) if at_least(&version, MINIMUM_RUST) => Finding::ok("Rust", version),
        Some(version) => missing(
            "Rust",
            format!(
                "{version} is older than {MINIMUM_RUST}: `rustup update stable`, or `make setup`"
            ),
        ),
        None => missing(
            "Rust",
            "no rustc on PATH: `make setup`, or install it from https://rustup.rs".to_owned(),
        ),
    }];
    findings.push(match guest_target() {
        Ok(how) => Finding::ok("guest toolchain", how),
        Err(remedy) => missing("guest toolchain", remedy),
    });
    findings.push(match answer("cc", &["--version"]) {
        Some(version) => Finding::ok("C compiler", version.lines().next().unwrap_or_default()),
        None => missing(
            "C compiler",
            "no cc on PATH, which building spindrift itself takes: `make setup`, or `apt-get install build-essential`"
                .to_owned(),
        ),
    });
    findings
}

/// How functions can be compiled here; the error says how to make it so.
pub(crate) fn guest_target() -> Result<String, String> {
    // Set by scripts/with-guest-toolchain where the target has no ready-made library.
    if std::env::var_os("CARGO_UNSTABLE_BUILD_STD").is_some() {
        return Ok("wasm32-wasip2, its standard library built from source".to_owned());
    }
    let sysroot = answer("rustc", &["--print", "sysroot"]);
    let installed = |sysroot: String| {
        Path::new(sysroot.trim())
            .join("lib/rustlib/wasm32-wasip2/lib")
            .is_dir()
    };
    if sysroot.is_some_and(installed) {
        return Ok("wasm32-wasip2".to_owned());
    }
    Err("this Rust cannot compile functions, for it lacks the target wasm32-wasip2: `rustup target add wasm32-wasip2`, \
         or `make setup` and then put `scripts/with-guest-toolchain` before the command"
        .to_owned())
}

fn rust_version() -> Option<String> {
    answer("rustc", &["--version"])?
        .split(' ')
        .nth(1)
        .map(str::to_owned)
}

/// Compares versions number by number; what follows a `-` does not count.
fn at_least(version: &str, minimum: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> {
        let plain = text.split('-').next().unwrap_or_default();
        plain
            .split('.')
            .map(|part| part.trim().parse().unwrap_or(0))
            .collect()
    };
    numbers(version) >= numbers(minimum)
}

fn answer(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(at_least("1.100.0", "1.95"));
        assert!(at_least("1.95.0", "1.95"));
        assert!(at_least("1.96.0-nightly", "1.95"));
        assert!(!at_least("1.9.0", "1.95"));
    }
}
