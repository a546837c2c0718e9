//! Where PostgreSQL's programs are.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// The oldest major version that will do.
pub const MINIMUM_MAJOR: u32 = 14;

/// The programs of one installed PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binaries {
    /// The folder that holds `postgres`, `initdb`, `pg_dump` and `pg_restore`.
    pub folder: PathBuf,
    /// Its major version.
    pub major: u32,
}

impl Binaries {
    /// The path of one program.
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Every installed server of a version that will do, newest first.
///
/// Looks in the folder named by `SPINDRIFT_POSTGRES_BIN` alone when it is set,
/// else in `/usr/lib/postgresql/*/bin`, the folders of PATH, what `pg_config`
/// answers, `/usr/pgsql-*/bin`, `/usr/local/pgsql/bin` and Homebrew's folders.
///
/// # Errors
/// [`Error::NoBinaries`] or [`Error::BadBinaries`] when there is none.
pub fn installed() -> Result<Vec<Binaries>, Error> {
    if let Some(folder) = env::var_os("SPINDRIFT_POSTGRES_BIN").filter(|value| !value.is_empty()) {
        let folder = PathBuf::from(folder);
        let bad = || Error::BadBinaries {
            folder: folder.clone(),
            minimum: MINIMUM_MAJOR,
        };
        return inspect(&folder).map(|found| vec![found]).ok_or_else(bad);
    }
    let folders = usual_folders("postgres");
    let mut found: Vec<Binaries> = folders
        .iter()
        .filter_map(|folder| inspect(folder))
        .collect();
    if found.is_empty() {
        // The slow way to ask, so only when nothing else answered.
        found.extend(pg_config_folder().and_then(|folder| inspect(&folder)));
    }
    found.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
    if found.is_empty() {
        return Err(Error::NoBinaries { looked: "SPINDRIFT_POSTGRES_BIN, /usr/lib/postgresql/*/bin, PATH, pg_config, /usr/pgsql-*/bin and Homebrew's folders".to_owned() });
    }
    Ok(found)
}

/// The folder of the newest `pg_dump` and `pg_restore`, for servers that somebody else
/// runs: a machine that only backs up needs no server of its own.
///
/// Looks where [`installed`] does, the folder of `SPINDRIFT_POSTGRES_BIN` alone when it is set.
///
/// # Errors
/// [`Error::NoClients`].
pub fn clients() -> Result<PathBuf, Error> {
    let named = env::var_os("SPINDRIFT_POSTGRES_BIN").filter(|value| !value.is_empty());
    let folders = match named {
        Some(folder) => BTreeSet::from([PathBuf::from(folder)]),
        None => usual_folders("pg_dump"),
    };
    let version = |folder: PathBuf| {
        let whole = folder.join("pg_restore").is_file();
        let major = major_by_path(&folder).or_else(|| major_by_asking(&folder.join("pg_dump")));
        major.filter(|_| whole).map(|major| (major, folder))
    };
    let newest = folders.into_iter().filter_map(version).max();
    newest.map(|(_, folder)| folder).ok_or(Error::NoClients)
}

/// The folders of a program of PostgreSQL's, wherever one is usually installed.
fn usual_folders(program: &str) -> BTreeSet<PathBuf> {
    let mut folders = BTreeSet::new();
    let mut below = |parent: &str, start: &str, rest: &str| {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(start) {
                folders.insert(entry.path().join(rest));
            }
        }
    };
    below("/usr/lib/postgresql", "", "bin");
    below("/usr", "pgsql-", "bin");
    below("/opt/homebrew/opt", "postgresql", "bin");
    below("/usr/local/opt", "postgresql", "bin");
    below("/opt/homebrew/opt", "libpq", "bin");
    below("/usr/local/opt", "libpq", "bin");
    folders.insert(PathBuf::from("/usr/local/pgsql/bin"));
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    // Links that lead to the same programs count once.
    folders
        .into_iter()
        .filter_map(|folder| {
            folder
                .join(program)
                .canonicalize()
                .ok()?
                .parent()
                .map(Path::to_owned)
        })
        .collect()
}

fn pg_config_folder() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

fn inspect(folder: &Path) -> Option<Binaries> {
    if !["postgres", "initdb"]
        .iter()
        .all(|program| folder.join(program).is_file())
    {
        return None;
    }
    let major = major_by_path(folder).or_else(|| major_by_asking(&folder.join("postgres")))?;
    (major >= MINIMUM_MAJOR).then(|| Binaries {
        folder: folder.to_owned(),
        major,
    })
}

/// Debian's folders carry the version, and reading it there spares a process at every start.
fn major_by_path(folder: &Path) -> Option<u32> {
    folder
        .strip_prefix("/usr/lib/postgresql")
        .ok()?
        .to_str()?
        .strip_suffix("/bin")?
        .parse()
        .ok()
}

fn major_by_asking(program: &Path) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_version(&String::from_utf8(output.stdout).ok()?)
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` or `... 18beta1`.
fn parse_version(text: &str) -> Option<u32> {
    let number = text.split("(PostgreSQL) ").nth(1)?;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_the_path_or_the_programs_own_words() {
        assert_eq!(
            major_by_path(Path::new("/usr/lib/postgresql/17/bin")),
            Some(17)
        );
        assert_eq!(major_by_path(Path::new("/opt/postgresql/17/bin")), None);
        assert_eq!(
            parse_version("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(parse_version("something else"), None);
    }

    #[test]
    fn a_folder_without_server_programs_is_not_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("psql"), "").unwrap();
        assert_eq!(inspect(folder.path()), None);
    }
}
