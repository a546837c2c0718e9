//! `spindrift backup` and `spindrift restore`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use spindrift_backup::Wanted;

use super::{AppArgs, DatabaseArgs, OutputArgs};

/// `spindrift backup`
#[derive(Args, Debug)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  spindrift backup today.dump
  spindrift restore today.dump
  spindrift backup create --store s3://acme-backups/todo --recipient age1...    encrypted, elsewhere
  spindrift backup list --store s3://acme-backups/todo
  spindrift backup verify latest --store s3://acme-backups/todo --identity backup.key
  spindrift backup restore latest --store s3://acme-backups/todo --identity backup.key

A backup holds every table, in pg_dump's custom format. Made-up secrets are not in it: they are
in the folder `secrets` of the state folder. A file that is called as a command is `./list`.

A store is a bucket that speaks S3, with its key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY,
and AWS_ENDPOINT_URL and AWS_REGION where it is not Amazon's; or a folder, file:///backups. What
is there is encrypted by age (https://age-encryption.org), whose `age-keygen` makes the keys."
)]
pub(crate) struct BackupArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BackupCommand>,
    /// The file to write.
    #[arg(required = true)]
    pub(crate) file: Option<PathBuf>,
    /// Replace the file if it is there.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// What to do with backups that are kept elsewhere.
#[derive(Debug, Subcommand)]
pub(crate) enum BackupCommand {
    /// Make a backup, encrypted and kept elsewhere, and remove those that are old.
    Create(BackupCreateArgs),
    /// List the backups of a store, newest first.
    List(BackupListArgs),
    /// Read a backup to its end, and say what is in it.
    Verify(BackupVerifyArgs),
    /// Restore a backup into an empty database, or into the private one.
    Restore(BackupRestoreArgs),
}

/// Where backups are kept.
#[derive(Args, Debug)]
pub(crate) struct StoreArgs {
    /// Where backups are kept: s3://bucket/prefix, or file:///folder.
    #[arg(long, value_name = "URL", env = "SPINDRIFT_BACKUP_STORE")]
    pub(crate) store: String,
}

/// Which backup, and the key to it.
#[derive(Args, Debug)]
pub(crate) struct ReadArgs {
    /// Its name, as `list` shows it, or `latest`.
    #[arg(value_name = "NAME")]
    pub(crate) wanted: Wanted,
    /// The file with the key that reads it, as `age-keygen` writes it.
    #[arg(long, value_name = "FILE", env = "SPINDRIFT_BACKUP_IDENTITY")]
    pub(crate) identity: PathBuf,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `spindrift backup create`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  age-keygen -o backup.key             once; prints the recipient. Keep the file elsewhere
  spindrift backup create --store s3://acme-backups/todo --recipient age1...
  DATABASE_URL=postgres://... spindrift backup create --store file:///backups --recipient age1...
  spindrift backup create --store s3://acme-backups/todo --recipient age1... --dump today.dump

Without DATABASE_URL it is the private database, whether `up` runs or not. The role of
DATABASE_URL has to be one that row-level security does not bind. What pg_dump writes is
encrypted and sent as it comes: nothing of it is on the disk. Interrupted or failed, it leaves
no backup.")]
pub(crate) struct BackupCreateArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Who can read it: a public key of age; can be given several times.
    #[arg(
        long,
        value_name = "KEY",
        required = true,
        value_delimiter = ',',
        env = "SPINDRIFT_BACKUP_RECIPIENT"
    )]
    pub(crate) recipient: Vec<String>,
    /// Remove backups of the application that are older than so many days; never the newest.
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..=36500)
    )]
    pub(crate) keep_days: u32,
    /// A file that `pg_dump --format=custom` has written already, instead of a database.
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,
}

/// `spindrift backup list`
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  spindrift backup list --store s3://acme-backups/todo

Prints of each backup its name, its age and its size.")]
pub(crate) struct BackupListArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `spindrift backup verify`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  spindrift backup verify latest --store s3://acme-backups/todo --identity backup.key
  spindrift backup verify todo-20261126T021700Z.dump.age --store file:///backups --identity backup.key

Fetches and decrypts all of it, which shows whether a single bit is another, and has pg_restore
read it. No server is needed. Prints each table with the number of its rows.")]
pub(crate) struct BackupVerifyArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// `spindrift backup restore`
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  DATABASE_URL=postgres://... spindrift backup restore latest --store s3://acme-backups/todo --identity backup.key
  spindrift backup restore latest --store file:///backups --identity backup.key --state-dir /tmp/restored

The database that DATABASE_URL names has to be empty; roles that the manifest names are made
there first. Everything is in one transaction: what fails or is interrupted leaves it empty.

Without DATABASE_URL the private database is replaced, as `spindrift restore` does it: not while
`spindrift up` runs on the state folder, and what was there is kept beside it.")]
pub(crate) struct BackupRestoreArgs {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// `spindrift restore`
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  spindrift restore today.dump

Not while `spindrift up` runs on the state folder. The database that is replaced is kept beside
the restored one, as spindrift_before_restore, until the next restore. Backups that are kept
elsewhere come back by `spindrift backup restore`.")]
pub(crate) struct RestoreArgs {
    /// A file that `spindrift backup` wrote.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) app: AppArgs,
    #[command(flatten)]
    pub(crate) database: DatabaseArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn parse(line: &str) -> Result<BackupArgs, clap::Error> {
        match Cli::try_parse_from(line.split(' '))?.command {
            Command::Backup(args) => Ok(args),
            other => panic!("another command: {other:?}"),
        }
    }

    #[test]
    fn a_file_is_written_as_ever_and_commands_are_beside_it() {
        let args = parse("spindrift backup today.dump --force --state-dir s").unwrap();
        assert!(args.command.is_none() && args.force);
        assert_eq!(args.file, Some("today.dump".into()));
        let args = parse("spindrift backup list --store file:///b --state-dir s").unwrap();
        assert!(matches!(args.command, Some(BackupCommand::List(_))));
        assert_eq!(args.app.state_dir, Some("s".into()));
        let args = parse("spindrift backup ./list").unwrap();
        assert_eq!(args.file, Some("./list".into()));
        assert!(parse("spindrift backup").is_err());
    }

    #[test]
    fn what_is_kept_has_to_be_readable_by_somebody() {
        assert!(parse("spindrift backup create --store file:///b").is_err());
        let line = "spindrift backup create --store file:///b --recipient a --recipient b,c";
        let Some(BackupCommand::Create(create)) = parse(line).unwrap().command else {
            panic!("another command")
        };
        assert_eq!(create.recipient, ["a", "b", "c"]);
        assert_eq!(create.keep_days, 30);
        assert!(parse(&format!("{line} --keep-days 0")).is_err());
    }
}
