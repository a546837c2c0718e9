//! The folder of migrations, checked against itself and against the database.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Applied;
use crate::Error;

/// One file.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i32,
    /// Its name without number and ending.
    pub(super) name: String,
    /// Its whole name.
    pub(super) file: String,
    pub(super) path: PathBuf,
    pub(super) sql: String,
    /// SHA-256 of its text, in hex; line endings count as one, however a checkout has them.
    pub(super) checksum: String,
}

impl Migration {
    /// Whether it runs in a transaction. The line that says no is the first, or the one
    /// after that of a contract.
    pub(super) fn transactional(&self) -> bool {
        let skip = usize::from(self.is_contract());
        let line = self.sql.lines().nth(skip);
        line.is_none_or(|line| line.trim() != "-- no-transaction")
    }

    /// Whether it takes away what the release before still needs.
    pub(super) fn is_contract(&self) -> bool {
        spindrift_manifest::is_contract(&self.sql)
    }
}

/// Reads the folder, in order.
pub(super) fn read(folder: &Path) -> Result<Vec<Migration>, Error> {
    let mut all = Vec::new();
    for entry in
        fs::read_dir(folder).map_err(Error::file("read the folder of migrations", folder))?
    {
        let path = entry.map_err(Error::file("read", folder))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            all.push(read_one(path)?);
        }
    }
    all.sort_by(|a, b| (a.version, &a.file).cmp(&(b.version, &b.file)));
    for (expected, migration) in (1..).zip(&all) {
        let folder = folder.display();
        let file = &migration.file;
        if migration.version < expected {
            return Err(Error::MigrationFiles(format!(
                "{folder}: {file} has a number that another file has as well; number it {:04}",
                all.last().map_or(1, |last| last.version + 1)
            )));
        }
        if migration.version > expected {
            return Err(Error::MigrationFiles(format!(
                "{folder}: there is no migration {expected:04} before {file}; number the files without gaps"
            )));
        }
    }
    Ok(all)
}

fn read_one(path: PathBuf) -> Result<Migration, Error> {
    let file = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let named = file.strip_suffix(".sql").and_then(|stem| {
        let (number, name) = stem.split_once('_')?;
        let digits = number.len() >= 4 && number.bytes().all(|byte| byte.is_ascii_digit());
        let version = number
            .parse()
            .ok()
            .filter(|version| digits && *version > 0)?;
        (!name.is_empty()).then(|| (version, name.to_owned()))
    });
    let Some((version, name)) = named else {
        return Err(Error::MigrationFiles(format!(
            "{} is not named like a migration: NNNN_name.sql, from 0001",
            path.display()
        )));
    };
    let sql = fs::read_to_string(&path)
        .map_err(Error::file("read", &path))?
        .replace("\r\n", "\n");
    let checksum = Sha256::digest(&sql)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Migration {
        version,
        name,
        file,
        path,
        sql,
        checksum,
    })
}

/// The files that the database lacks, in order.
pub(super) fn pending<'a>(
    files: &'a [Migration],
    applied: &[Applied],
) -> Result<Vec<&'a Migration>, Error> {
    for (index, done) in applied.iter().enumerate() {
        let Some(migration) = files
            .get(index)
            .filter(|file| (file.version, &file.name) == (done.version, &done.name))
        else {
            return Err(Error::MigrationFiles(format!(
                "the database has had the migration {:04}_{}.sql, which is not among the files. It was made by a newer \
                 version of the application, or the file was renamed or removed: bring it back",
                done.version, done.name
            )));
        };
        if migration.checksum != done.checksum {
            return Err(Error::MigrationFiles(format!(
                "{} was changed after it was applied to this database. Bring its old text back, and put the change \
                 into a new migration, {:04}_...sql",
                migration.path.display(),
                files.len() + 1
            )));
        }
    }
    Ok(files[applied.len()..].iter().collect())
}

/// Those of the pending files that a release may apply while the one before still runs:
/// all up to the first contract.
pub(super) fn expanding<'a, 'b>(
    pending: &'b [&'a Migration],
) -> Result<&'b [&'a Migration], Error> {
    let Some(first) = pending.iter().position(|file| file.is_contract()) else {
        return Ok(pending);
    };
    let (ours, rest) = pending.split_at(first);
    match rest.iter().find(|file| !file.is_contract()) {
        None => Ok(ours),
        Some(behind) => Err(Error::MigrationFiles(format!(
            "{} is a contract that this database has not had, and {} comes after it. Release the contract first: \
             once nothing older than it runs, `spindrift migrate --phase contract` of the release that ends with it \
             applies it",
            rest[0].path.display(),
            behind.path.display()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(folder.path().join(file), "SELECT 1;\r\n").unwrap();
        }
        folder
    }

    #[test]
    fn files_come_in_order_and_others_are_left_alone() {
        let folder = folder(&["0002_b.sql", "0001_a_b.sql", "README.md"]);
        let names: Vec<String> = read(folder.path())
            .unwrap()
            .into_iter()
            .map(|file| file.name)
            .collect();
        assert_eq!(names, ["a_b", "b"]);
    }

    #[test]
    fn gaps_duplicates_and_strange_names_are_errors_that_name_the_file() {
        for (files, part) in [
            (&["0001_a.sql", "0003_c.sql"][..], "0003_c.sql"),
            (
                &["0001_a.sql", "0001_b.sql"],
                "0001_b.sql has a number that another file has as well; number it 0002",
            ),
            (&["1_a.sql"], "1_a.sql"),
            (&["0001a.sql"], "0001a.sql"),
            (&["0000_a.sql"], "0000_a.sql"),
        ] {
            let text = read(folder(files).path()).unwrap_err().to_string();
            assert!(text.contains(part), "{part} is missing in: {text}");
        }
    }

    #[test]
    fn line_endings_do_not_change_a_file() {
        let folder = folder(&["0001_a.sql"]);
        let windows = read(folder.path()).unwrap().remove(0).checksum;
        fs::write(folder.path().join("0001_a.sql"), "SELECT 1;\n").unwrap();
        assert_eq!(read(folder.path()).unwrap().remove(0).checksum, windows);
    }

    #[test]
    fn a_contract_says_so_in_its_first_line() {
        let migration = |sql: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("0001_a.sql");
            fs::write(&path, sql).unwrap();
            read_one(path).unwrap()
        };
        for sql in [
            "-- contract",
            "--Contract\r\nSELECT 1;",
            "-- CONTRACT: nobody reads it",
            "--  contract (after 0.4)\n",
        ] {
            assert!(migration(sql).is_contract(), "{sql}");
        }
        for sql in [
            "",
            "-- contracts",
            "-- contract-first",
            "-- The contract",
            "SELECT 1; -- contract",
            "\n-- contract",
            "-- cöntract",
        ] {
            assert!(!migration(sql).is_contract(), "{sql}");
        }
        assert!(migration("-- contract\nDROP TABLE a;").transactional());
        assert!(!migration("-- contract\n-- no-transaction\nDROP INDEX a;").transactional());
        assert!(!migration("-- no-transaction\nDROP INDEX a;").transactional());
        assert!(migration("-- words\n-- no-transaction\nDROP INDEX a;").transactional());
    }
}
