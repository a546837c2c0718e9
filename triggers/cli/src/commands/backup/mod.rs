//! `spindrift backup`: to a file, or to where backups are kept.

mod create;
mod file;
mod list;
mod meter;
mod restore;
mod source;
mod verify;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use spindrift_backup::{Backup, Identities, Plain, Store};

use super::load;
use crate::args::{AppArgs, BackupArgs, BackupCommand, ReadArgs, StoreArgs};
use crate::logging;

/// Makes, lists, verifies and restores backups.
pub(super) async fn run(args: BackupArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    match &args.command {
        Some(BackupCommand::Create(create)) => {
            Box::pin(create::run(&args, create, reporter)).await?;
        }
        Some(BackupCommand::List(list)) => list::run(&list.store).await?,
        Some(BackupCommand::Verify(verify)) => verify::run(&args, &verify.read, reporter).await?,
        Some(BackupCommand::Restore(restore)) => {
            Box::pin(restore::run(&args, &restore.read, reporter)).await?;
        }
        None => {
            let file = args.file.as_deref().context("no file is named")?;
            file::run(&args, file, reporter).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The store, with the key to it from the environment.
fn open_store(args: &StoreArgs) -> Result<Store> {
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("AWS_"))
        .collect();
    Ok(Store::new(&args.store, &environment)?)
}

/// A backup that is being read, and what is known of it before.
struct Reading {
    backup: Backup,
    plain: Plain,
}

/// Opens the backup that is meant. `latest` is the manifest's application's, where there
/// is a manifest.
async fn read(app: &AppArgs, args: &ReadArgs) -> Result<Reading> {
    let identities = Identities::read(&args.identity)?;
    let store = open_store(&args.store)?;
    let app = match app.from.exists() {
        true => Some(load(app, false)?.name),
        false => None,
    };
    let backup = store.find(&args.wanted, app.as_deref()).await?;
    let plain = store.open(&backup, &identities).await?;
    Ok(Reading { backup, plain })
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    let mib = bytes as f64 / f64::from(1 << 20);
    match bytes {
        0..0x10_0000 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        0x10_0000..0x4000_0000 => format!("{mib:.1} MiB"),
        _ => format!("{:.2} GiB", mib / 1024.0),
    }
}

/// A time for people, in the largest unit that says enough.
fn age(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_for_people() {
        assert_eq!(
            [1, 2048, 0x18_0000, 0x6000_0000].map(size),
            ["1 KiB", "2 KiB", "1.5 MiB", "1.50 GiB"]
        );
        assert_eq!(
            [5, 600, 18_000, 259_200].map(|seconds| age(Duration::from_secs(seconds))),
            ["5 s", "10 min", "5 h", "3 d"]
        );
    }
}
