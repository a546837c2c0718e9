//! PostgreSQL's client programs: how they are started, fed and listened to.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output, Stdio};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_postgres::config::{Host, SslMode};

use crate::server::process::{failed, last_lines};
use crate::{Error, Target, tls, url};

/// What a client program had to say, as far as it is kept: the end of it.
const KEPT: usize = 64 << 10;

/// One of the client programs in a folder.
pub(crate) fn tool(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(folder.join(name));
    command.stdin(Stdio::null()).env("LC_ALL", "C");
    command
}

/// Names the database to a client program by its environment: everybody may see
/// the arguments of a process. Whatever this process was told by libpq's own
/// variables counts no more.
///
/// TLS is as [`tls::connector`] has it: what `require` asks for, libpq calls `verify-full`.
///
/// # Errors
/// [`Error::Url`].
pub(crate) fn connect_to(command: &mut Command, url: &str) -> Result<(), Error> {
    let config = Target::parse(url)?.config;
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(host) => OsString::from(host),
        Host::Unix(folder) => folder.clone().into(),
    });
    let addresses = config.get_hostaddrs().iter();
    let ports = config.get_ports().iter();
    let (mode, certificates) = match config.get_ssl_mode() {
        SslMode::Disable => ("disable", None),
        SslMode::Require => (
            "verify-full",
            url::root_certificate(url).or_else(tls::usual_file),
        ),
        _ => ("prefer", None),
    };
    let password = config.get_password().map(String::from_utf8_lossy);
    let told = [
        ("PGHOST", list(hosts)),
        (
            "PGHOSTADDR",
            list(addresses.map(|address| address.to_string().into())),
        ),
        ("PGPORT", list(ports.map(|port| port.to_string().into()))),
        ("PGUSER", config.get_user().map(OsString::from)),
        ("PGDATABASE", config.get_dbname().map(OsString::from)),
        (
            "PGPASSWORD",
            password.map(|password| password.into_owned().into()),
        ),
        ("PGOPTIONS", config.get_options().map(OsString::from)),
        ("PGSSLMODE", Some(mode.into())),
        ("PGSSLROOTCERT", certificates.map(PathBuf::into_os_string)),
        // As long as the driver waits.
        ("PGCONNECT_TIMEOUT", Some("10".into())),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Ok(())
}

/// The name of the database that a URL leads to.
pub(crate) fn database_of(url: &str) -> Result<String, Error> {
    let config = Target::parse(url)?.config;
    let name = config.get_dbname().or(config.get_user());
    Ok(name.unwrap_or("postgres").to_owned())
}

fn list(parts: impl Iterator<Item = OsString>) -> Option<OsString> {
    let parts: Vec<OsString> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(OsStr::new(",")))
}

/// Runs a client program; its failure is an error with what it said.
pub(crate) async fn run(name: &str, command: Command) -> Result<Output, Error> {
    let program: PathBuf = command.get_program().into();
    let mut command = tokio::process::Command::from(command);
    let output = command
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|cause| Error::Run { program, cause })?;
    if output.status.success() {
        Ok(output)
    } else {
        Err(failed(name, &output))
    }
}

/// A client program that this one talks with. It is killed when this is dropped.
pub(crate) fn spawn(command: Command) -> Result<tokio::process::Child, Error> {
    let program: PathBuf = command.get_program().into();
    tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| Error::Run { program, cause })
}

/// The end of what a program writes, read to its end so that the program is never held up.
pub(crate) async fn heard(mut from: impl AsyncRead + Unpin) -> io::Result<String> {
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 8 << 10]);
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(String::from_utf8_lossy(&kept).into_owned());
        }
        kept.extend_from_slice(&buffer[..count]);
        let surplus = kept.len().saturating_sub(KEPT);
        kept.drain(..surplus);
    }
}

/// How a program ended, with what it said where that was badly.
pub(crate) fn ended(name: &str, status: ExitStatus, said: &str) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Program {
        program: name.to_owned(),
        status: status.to_string(),
        output: last_lines(said, 30),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(url: &str, name: &str) -> Option<String> {
        let mut command = Command::new("pg_dump");
        connect_to(&mut command, url).unwrap();
        let mut all = command.get_envs();
        let found = all.find(|(key, _)| *key == OsStr::new(name))?.1?;
        Some(found.to_string_lossy().into_owned())
    }

    #[test]
    fn a_url_is_told_by_the_environment_and_not_by_arguments() {
        let url = "postgres://me:s%20ecret@db.example.com:25060/todo?sslmode=require&sslrootcert=%2Fca.pem";
        // The file is read where the URL is understood.
        assert!(connect_to(&mut Command::new("pg_dump"), url).is_err());
        let url = "postgres://me:s%20ecret@db.example.com:25060/todo?sslmode=disable";
        for (name, value) in [
            ("PGHOST", "db.example.com"),
            ("PGPORT", "25060"),
            ("PGUSER", "me"),
            ("PGPASSWORD", "s ecret"),
            ("PGDATABASE", "todo"),
            ("PGSSLMODE", "disable"),
        ] {
            assert_eq!(told(url, name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(told(url, "PGHOSTADDR"), None);
    }

    #[test]
    fn a_server_that_must_be_known_is_verified_by_libpq_too() {
        let url = "postgres://me@db.example.com/todo?sslmode=require";
        assert_eq!(told(url, "PGSSLMODE").as_deref(), Some("verify-full"));
        assert_eq!(
            told("postgres://me@h/x", "PGSSLMODE").as_deref(),
            Some("prefer")
        );
    }
}
