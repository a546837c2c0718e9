//! Backups of a private server's database.

use std::fs::{self, File};
use std::path::Path;

use crate::client::{connect_to, run, tool};
use crate::secrets::write_private;
use crate::server::DATABASE;
use crate::{Access, Error};

/// Writes the database to `file`, in `pg_dump`'s custom format: one consistent
/// moment, taken while everybody goes on working.
///
/// The file is for its owner alone, and is there whole or not at all. It holds
/// every table, and no password of a role and no generated secret (those stay in
/// the state folder).
///
/// # Errors
/// `pg_dump` is missing or fails, or the file cannot be written.
pub async fn backup(access: &Access, file: &Path) -> Result<(), Error> {
    let binaries = access.binaries()?;
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = file.with_file_name(name);
    // Made here first, so that nobody else can read it from its first byte on.
    write_private(&partial, "").map_err(Error::file("write", &partial))?;
    let mut command = tool(&binaries.folder, "pg_dump");
    // As the superuser: forced row-level security hides rows from the owner.
    connect_to(&mut command, &access.superuser_url(DATABASE)?)?;
    command.args(["--format=custom", "--file"]).arg(&partial);
    let done = match run("pg_dump", command).await {
        Ok(_) => finish(&partial, file),
        Err(error) => Err(error),
    };
    if done.is_err() {
        // The error that is on its way says more than one about this could.
        let _ = fs::remove_file(&partial);
    }
    done
}

fn finish(partial: &Path, file: &Path) -> Result<(), Error> {
    File::open(partial)
        .and_then(|file| file.sync_all())
        .map_err(Error::file("write", partial))?;
    fs::rename(partial, file).map_err(Error::file("write", file))?;
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::file("write", folder))
}
