//! The data folder: made once, whole or not at all.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use super::home::Home;
use super::process::{failed, run};
use crate::find::{Binaries, installed};
use crate::secrets::write_private;
use crate::{Error, Progress, StateFolder, random_secret};

/// The superuser that `initdb` makes. Spindrift alone uses it.
pub(super) const SUPERUSER: &str = "postgres";
/// The secret that holds its password.
pub(super) const SUPERUSER_SECRET: &str = "role.postgres";

/// The programs for this data folder, which is made when it is missing. A
/// database is opened by the major version that made it.
pub(super) async fn ensure_data(
    state: &StateFolder,
    home: &Home,
    progress: Progress<'_>,
) -> Result<Binaries, Error> {
    let data = home.data();
    let all = installed()?;
    let newest = all[0].clone();
    let Some(major) = major_of(&data)? else {
        progress(&format!(
            "making a new database with PostgreSQL {} in {}",
            newest.major,
            data.display()
        ));
        init(state, home, &newest).await?;
        return Ok(newest);
    };
    let binaries = of_major(major, all, &data, state)?;
    if major != newest.major {
        progress(&format!(
            "the database was made by PostgreSQL {major}: going on with it, though {} is installed as well",
            newest.major
        ));
    }
    if state.secrets().read(SUPERUSER_SECRET)?.is_none() {
        reset_superuser(state, home, &binaries).await?;
    }
    Ok(binaries)
}

/// The one of the installed servers that can open `data`. `all` is not empty and has the newest first.
pub(super) fn of_major(
    major: u32,
    all: Vec<Binaries>,
    data: &Path,
    state: &StateFolder,
) -> Result<Binaries, Error> {
    let installed = all[0].major;
    all.into_iter()
        .find(|binaries| binaries.major == major)
        .ok_or_else(|| Error::MajorVersion {
            data: data.to_owned(),
            state: state.path().to_owned(),
            made_by: major,
            installed,
        })
}

/// The major version that made a data folder.
pub(super) fn major_of(data: &Path) -> Result<Option<u32>, Error> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => match text.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(Error::State(format!(
                "{} holds no version but {text:?}",
                path.display()
            ))),
        },
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(Error::file("read", &path)(cause)),
    }
}

/// How the folder of a database begins that is being made.
const PARTIAL: &str = "data.new.";

/// Removes what earlier runs began, as far as nobody writes to it any more; a
/// later start gets the rest.
fn remove_partial(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PARTIAL) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

async fn init(state: &StateFolder, home: &Home, binaries: &Binaries) -> Result<(), Error> {
    // Under another name until it is whole: a run that was cut short leaves
    // nothing that could be taken for a database. Under a new one each time,
    // because an `initdb` that outlived its spindrift may still write to the last.
    let partial = home
        .folder()
        .join(format!("{PARTIAL}{}", std::process::id()));
    remove_partial(home.folder());
    let password = state.secrets().get_or_create(SUPERUSER_SECRET, 24)?;
    let password_file = home.folder().join("password");
    write_private(&password_file, &password).map_err(Error::file("write", &password_file))?;
    home.give(&password_file)?;
    let mut command = home.command(&binaries.program("initdb"));
    command
        .arg("-D")
        .arg(&partial)
        .arg("--pwfile")
        .arg(&password_file);
    command.args([
        "-U",
        SUPERUSER,
        "--data-checksums",
        "--no-instructions",
        "--encoding=UTF8",
    ]);
    // For every connection, by socket as by TCP. The file that it makes lets
    // in this machine alone.
    command.args(["--auth-local=scram-sha-256", "--auth-host=scram-sha-256"]);
    command.args(locale(binaries.major));
    let output = run(command).await;
    fs::remove_file(&password_file).map_err(Error::file("remove", &password_file))?;
    let output = output?;
    if !output.status.success() {
        return Err(failed("initdb", &output));
    }
    let data = home.data();
    fs::rename(&partial, &data).map_err(Error::file("create", &data))?;
    remove_partial(home.folder());
    File::open(home.folder())
        .and_then(|folder| folder.sync_all())
        .map_err(Error::file("write", home.folder()))
}

/// Code point order everywhere: an order that comes with the system's C library
/// changes with its updates, and breaks indexes.
fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &[
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        ]
    } else if cfg!(target_os = "linux") {
        &["--locale=C.UTF-8"]
    } else {
        &["--lc-collate=C", "--lc-ctype=en_US.UTF-8"]
    }
}

/// Gives the superuser a new password without a connection, when the old one
/// was lost with the folder of secrets.
async fn reset_superuser(
    state: &StateFolder,
    home: &Home,
    binaries: &Binaries,
) -> Result<(), Error> {
    let password = random_secret(24)?;
    let script = home.folder().join("password");
    let statement = format!("ALTER ROLE {SUPERUSER} PASSWORD '{password}'");
    write_private(&script, &statement).map_err(Error::file("write", &script))?;
    home.give(&script)?;
    let input = File::open(&script).map_err(Error::file("read", &script))?;
    let mut command = home.command(&binaries.program("postgres"));
    command.args(["--single", "-D"]).arg(home.data()).args([
        "-c",
        "log_min_error_statement=panic",
        "postgres",
    ]);
    command.stdin(Stdio::from(input));
    let output = run(command).await;
    fs::remove_file(&script).map_err(Error::file("remove", &script))?;
    let output = output?;
    if !output.status.success() {
        return Err(failed("postgres --single", &output));
    }
    state.secrets().write(SUPERUSER_SECRET, &password)
}
