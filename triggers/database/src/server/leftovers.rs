//! What an earlier run left behind: servers that outlived it, and pid files
//! and sockets of servers that did not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::home::Home;
use super::pid_file::PidFile;
use crate::{Error, Progress};

/// How long a server may take to write its checkpoint and go.
const FAST_SHUTDOWN: Duration = Duration::from_secs(60);
/// How long it may take when it is not asked to write one.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// Makes sure that nobody runs on the data folder and that nothing is in the
/// way of a new server. Only for the holder of the state folder's lock.
pub(super) async fn clear(home: &Home, progress: Progress<'_>) -> Result<(), Error> {
    let data = home.data();
    let pid_file = PidFile::path(&data);
    if pid_file.exists() {
        if let Some(pid) =
            PidFile::read(&data).and_then(|file| Pid::from_raw(i32::try_from(file.pid).ok()?))
            && runs_on(pid, &data)
        {
            progress(&format!(
                "a PostgreSQL (process {pid}) outlived its spindrift: stopping it"
            ));
            stop(pid, &data).await?;
        }
        // The server itself is gone, but killed hard it leaves its helpers
        // finishing what they do, and the next server would refuse to start.
        for pid in others_on(&data) {
            let _ = kill_process(pid, Signal::QUIT);
            if !gone(pid, &data, IMMEDIATE_SHUTDOWN).await {
                let _ = kill_process(pid, Signal::KILL);
                gone(pid, &data, IMMEDIATE_SHUTDOWN).await;
            }
        }
        // Proven stale by now. Left in place it would stop the next server
        // when some other process has been given its number.
        remove(&pid_file)?;
    }
    for entry in fs::read_dir(home.socket_folder())
        .map_err(Error::file("read", home.socket_folder()))?
        .flatten()
    {
        if entry.file_name().to_string_lossy().starts_with(".s.PGSQL.") {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

async fn stop(pid: Pid, data: &Path) -> Result<(), Error> {
    for (signal, patience) in [
        (Signal::INT, FAST_SHUTDOWN),
        (Signal::QUIT, IMMEDIATE_SHUTDOWN),
    ] {
        let _ = kill_process(pid, signal);
        if gone(pid, data, patience).await {
            return Ok(());
        }
    }
    Err(Error::State(format!(
        "a PostgreSQL (process {pid}) of an earlier run has {} open and does not stop. Stop it with `kill -QUIT {pid}`, then try again.",
        data.display()
    )))
}

async fn gone(pid: Pid, data: &Path, patience: Duration) -> bool {
    let deadline = tokio::time::Instant::now() + patience;
    while runs_on(pid, data) {
        if tokio::time::Instant::now() >= deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(cause))
        }
        _ => Ok(()),
    }
}

/// Whether the process is a PostgreSQL on this data folder, and not merely one
/// that was given the same number. Each of PostgreSQL's processes has the data
/// folder as its working folder; one that has ended, reaped or not, has none.
#[cfg(target_os = "linux")]
fn runs_on(pid: Pid, data: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|folder| folder == data)
}

/// Whether the process is the PostgreSQL of this data folder, by its command line.
#[cfg(not(target_os = "linux"))]
fn runs_on(pid: Pid, data: &Path) -> bool {
    let output = std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output();
    output.is_ok_and(|output| {
        String::from_utf8_lossy(&output.stdout).contains(&format!("postgres -D {}", data.display()))
    })
}

#[cfg(target_os = "linux")]
fn others_on(data: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| Pid::from_raw(entry.file_name().to_str()?.parse().ok()?))
        .filter(|pid| runs_on(*pid, data) && is_postgres(*pid))
        .collect()
}

/// A shell whose working folder is the data folder is nobody's leftover.
#[cfg(target_os = "linux")]
fn is_postgres(pid: Pid) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// Elsewhere the helpers are given the time that the new server gives them.
#[cfg(not(target_os = "linux"))]
fn others_on(_data: &Path) -> Vec<Pid> {
    Vec::new()
}
