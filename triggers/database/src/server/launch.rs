//! From programs and a data folder to a server that takes connections.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::Instant;

use super::home::Home;
use super::pid_file::PidFile;
use super::process::{Process, last_lines};
use super::settings;
use crate::find::Binaries;
use crate::{Error, Progress, StateFolder};

/// How long a server may take to say anything at all.
const START: Duration = Duration::from_secs(30);
/// How long it may take while it says that it is starting: recovery after a
/// crash replays up to a gigabyte of log.
const RECOVERY: Duration = Duration::from_secs(300);
/// Starts the server on the port it had last, or on another that is free.
pub(super) async fn on_some_port(
    state: &StateFolder,
    home: &Home,
    binaries: &Binaries,
    progress: Progress<'_>,
) -> Result<(Process, u16), Error> {
    // Between finding a port free and the server taking it, somebody else may.
    const ATTEMPTS: usize = 5;
    let file = state.path().join("postgres.port");
    let kept = fs::read_to_string(&file)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let mut preferred = kept;
    let mut attempt = 1;
    loop {
        let port = free_port(preferred.take())?;
        match on_port(state, home, binaries, port, progress).await {
            Err(Error::Server { tail, .. })
                if attempt < ATTEMPTS && tail.contains("could not create any TCP/IP sockets") =>
            {
                attempt += 1;
            }
            other => {
                let process = other?;
                if kept != Some(port) {
                    fs::write(&file, format!("{port}\n")).map_err(Error::file("write", &file))?;
                }
                return Ok((process, port));
            }
        }
    }
}

fn free_port(preferred: Option<u16>) -> Result<u16, Error> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    let listener = match preferred.map(bind) {
        Some(Ok(listener)) => listener,
        _ => bind(0).map_err(|cause| {
            Error::State(format!(
                "no port of 127.0.0.1 is to be had for PostgreSQL: {cause}"
            ))
        })?,
    };
    let address = listener
        .local_addr()
        .map_err(|cause| Error::State(format!("cannot read a port's number: {cause}")))?;
    Ok(address.port())
}

/// Starts the server and waits until it takes connections.
pub(super) async fn on_port(
    state: &StateFolder,
    home: &Home,
    binaries: &Binaries,
    port: u16,
    progress: Progress<'_>,
) -> Result<Process, Error> {
    let log_path = state.path().join("postgres.log");
    let (log, log_start) = open_log(&log_path)?;
    let errors = log.try_clone().map_err(Error::file("open", &log_path))?;
    let mut command = home.command(&binaries.program("postgres"));
    command.args(settings::arguments(
        &home.data(),
        port,
        home.socket_folder(),
    ));
    command.stdout(Stdio::from(log)).stderr(Stdio::from(errors));
    let process = Process::spawn(command).await?;
    wait_until_ready(state, home, &process, log_start, progress).await?;
    Ok(process)
}

async fn wait_until_ready(
    state: &StateFolder,
    home: &Home,
    process: &Process,
    log_start: u64,
    progress: Progress<'_>,
) -> Result<(), Error> {
    let begun = Instant::now();
    let mut told = begun;
    loop {
        if let Some(status) = process.status() {
            return Err(failure(
                state,
                format!("did not start ({status})"),
                log_start,
            ));
        }
        // The server writes its state there, which spares it a connection attempt every few milliseconds.
        let file = PidFile::read(&home.data());
        let own =
            file.filter(|file| i32::try_from(file.pid) == Ok(process.pid.as_raw_nonzero().get()));
        if own.as_ref().is_some_and(|file| file.status == "ready") {
            return Ok(());
        }
        let patience = if own.is_some() { RECOVERY } else { START };
        if begun.elapsed() > patience {
            process.signal(Signal::QUIT);
            let what = format!("takes no connections after {} seconds", patience.as_secs());
            return Err(failure(state, what, log_start));
        }
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            progress(&format!(
                "PostgreSQL is recovering its data ({} s so far)",
                begun.elapsed().as_secs()
            ));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// An error with what the log says from `log_start` on.
pub(super) fn failure(state: &StateFolder, what: String, log_start: u64) -> Error {
    let log = state.path().join("postgres.log");
    let bytes = fs::read(&log).unwrap_or_default();
    let start = usize::try_from(log_start).unwrap_or(0).min(bytes.len());
    let tail = last_lines(&String::from_utf8_lossy(&bytes[start..]), 20);
    Error::Server { what, log, tail }
}

/// Opens the server's log for appending, and says where in it this run begins.
/// A log that has grown large becomes `postgres.log.1`.
fn open_log(path: &Path) -> Result<(File, u64), Error> {
    const LARGE: u64 = 16 * 1024 * 1024;
    if fs::metadata(path).is_ok_and(|metadata| metadata.len() > LARGE) {
        fs::rename(path, path.with_extension("log.1")).map_err(Error::file("rename", path))?;
    }
    let log = File::options()
        .mode(0o600)
        .append(true)
        .create(true)
        .open(path)
        .map_err(Error::file("open", path))?;
    let start = log.metadata().map_err(Error::file("read", path))?.len();
    Ok((log, start))
}
