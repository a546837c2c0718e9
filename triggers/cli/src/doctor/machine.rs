//! The machine: state folder, port, disk, open files.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};
use rustix::process::{Resource, getrlimit};
use spindrift_database::{Holder, StateFolder};

use super::Finding;
use crate::listen;

/// Below this much free disk there is no room to work in.
const DISK_FAIL: u64 = 256 << 20;
/// Below this much it will not last.
const DISK_WARN: u64 = 2 << 30;
/// Open files that a busy server needs: one per connection, and the database's.
const FILES_WARN: u64 = 4096;

pub(super) async fn check(state: &Path, address: &str) -> Vec<Finding> {
    let (folder, holder) = state_folder(state);
    let serving = holder.and_then(|holder| holder.url);
    let mut findings = vec![folder, port(address, serving.as_deref()).await];
    findings.extend(disk(&existing(state)));
    findings.push(files());
    findings
}

fn state_folder(path: &Path) -> (Finding, Option<Holder>) {
    const SUBJECT: &str = "state folder";
    if !path.exists() {
        let above = existing(path);
        return match access(&above, Access::WRITE_OK) {
            Ok(()) => (
                Finding::ok(SUBJECT, format!("{} will be made", path.display())),
                None,
            ),
            Err(cause) => {
                let text = format!(
                    "{} cannot be made: {} is not writable ({cause}). Name another with `--state-dir DIR`",
                    path.display(),
                    above.display()
                );
                (Finding::fail(SUBJECT, text), None)
            }
        };
    }
    match StateFolder::open(path).and_then(|state| state.holder()) {
        Ok(None) => (Finding::ok(SUBJECT, path.display().to_string()), None),
        Ok(Some(holder)) => {
            let process = holder
                .pid
                .map(|pid| format!(" by process {pid}"))
                .unwrap_or_default();
            let url = holder
                .url
                .as_ref()
                .map(|url| format!(", which serves {url}"))
                .unwrap_or_default();
            (
                Finding::ok(SUBJECT, format!("{}, in use{process}{url}", path.display())),
                Some(holder),
            )
        }
        Err(cause) => (Finding::fail(SUBJECT, cause.to_string()), None),
    }
}

async fn port(address: &str, serving: Option<&str>) -> Finding {
    const SUBJECT: &str = "port";
    if serving == Some(&format!("http://{address}")) {
        return Finding::ok(SUBJECT, format!("{address}, served already"));
    }
    match listen::bind(address, "spindrift up --listen").await {
        Ok(_) => Finding::ok(SUBJECT, format!("{address} is free")),
        Err(cause) => Finding::fail(SUBJECT, cause.to_string()),
    }
}

fn disk(folder: &Path) -> Option<Finding> {
    const SUBJECT: &str = "disk";
    let stat = statvfs(folder).ok()?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} MiB free at {}", free >> 20, folder.display());
    Some(match free {
        0..DISK_FAIL => Finding::fail(
            SUBJECT,
            format!("{text}: make room, or name another disk with `--state-dir DIR`"),
        ),
        DISK_FAIL..DISK_WARN => Finding::warn(SUBJECT, format!("{text}: that will not last")),
        _ => Finding::ok(SUBJECT, text),
    })
}

fn files() -> Finding {
    const SUBJECT: &str = "open files";
    // Serving raises its own limit up to this one.
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if limit < FILES_WARN => Finding::warn(
            SUBJECT,
            format!(
                "at most {limit}, and every connection is one: raise it with `ulimit -Hn 65536` or in /etc/security/limits.conf"
            ),
        ),
        Some(limit) => Finding::ok(SUBJECT, format!("up to {limit}")),
        None => Finding::ok(SUBJECT, "without limit"),
    }
}

/// The nearest folder that is there.
fn existing(path: &Path) -> PathBuf {
    let found = path
        .ancestors()
        .find(|folder| folder.is_dir() && !folder.as_os_str().is_empty());
    found.unwrap_or(Path::new(".")).to_owned()
}
