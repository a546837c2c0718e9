//! `spindrift backup create`

use std::time::Instant;

use anyhow::{Result, bail};
use chrono::Utc;
use spindrift_backup::{Backup, Name, Recipients, Store, Upload};
use spindrift_database::{Dump, reach};
use tokio_util::sync::CancellationToken;

use super::meter::Meter;
use super::source::{MAGIC, Source};
use super::{open_store, size};
use crate::args::{BackupArgs, BackupCreateArgs};
use crate::commands::{existing_state, load};
use crate::report::{Reporter, say};
use crate::shutdown;

/// How much is read at once.
const CHUNK: usize = 256 << 10;

/// Makes a backup, and removes those that are old.
pub(super) async fn run(
    args: &BackupArgs,
    create: &BackupCreateArgs,
    reporter: Reporter,
) -> Result<()> {
    let began = Instant::now();
    let app = load(&args.app, false)?;
    let recipients = Recipients::parse(&create.recipient)?;
    let store = open_store(&create.store)?;
    let name = store.free_name(&app.name, Utc::now()).await?;
    let making = Making {
        store: &store,
        name,
        recipients: &recipients,
        stop: shutdown::on_signals()?,
        reporter,
    };
    let backup = making.make(args, create).await?;
    let seconds = began.elapsed().as_secs_f64();
    tracing::debug!(name = %backup.name, bytes = backup.size, seconds, "backup made");
    say(&format!(
        "Made {} ({}) in {seconds:.1} s",
        backup.name,
        size(backup.size)
    ));
    prune(&store, &app.name, create.keep_days).await;
    Ok(())
}

/// A backup that is about to be made.
struct Making<'a> {
    store: &'a Store,
    name: Name,
    recipients: &'a Recipients,
    stop: CancellationToken,
    reporter: Reporter,
}

impl Making<'_> {
    async fn make(self, args: &BackupArgs, create: &BackupCreateArgs) -> Result<Backup> {
        if let Some(file) = &create.dump {
            return self.make_of(Source::file(file).await?).await;
        }
        if let Some(url) = args.database.direct_url() {
            return self.make_of(Source::Dump(Dump::of_url(url)?)).await;
        }
        let state = existing_state(&args.app)?;
        let reporter = self.reporter;
        let reached = reach(&state, &|line| reporter.progress(line)).await?;
        let made = match Dump::of_private(reached.access()) {
            Ok(dump) => self.make_of(Source::Dump(dump)).await,
            Err(error) => Err(error.into()),
        };
        reached.leave().await?;
        made
    }

    /// Sends all of a source, or leaves nothing.
    async fn make_of(self, source: Source) -> Result<Backup> {
        let source = tokio::select! {
            source = source.begin() => source?,
            () = self.stop.cancelled() => bail!(STOPPED),
        };
        let mut upload = Upload::begin(self.store, self.name, self.recipients).await?;
        let made = tokio::select! {
            made = send(source, &mut upload, Meter::new(self.reporter, "sent")) => made,
            () = self.stop.cancelled() => Err(anyhow::anyhow!(STOPPED)),
        };
        if made.is_err() {
            upload.abort().await;
        }
        made
    }
}

const STOPPED: &str = "stopped before it was whole: no backup was made";

async fn send(mut source: Source, upload: &mut Upload, mut meter: Meter) -> Result<Backup> {
    upload.write(MAGIC).await?;
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = source.read(&mut buffer).await?;
        if count == 0 {
            break;
        }
        upload.write(&buffer[..count]).await?;
        meter.add(count as u64);
    }
    source.finish().await?;
    Ok(upload.finish().await?)
}

/// The backup is made whether old ones can be removed or not: that they cannot is told,
/// and no reason to make another.
async fn prune(store: &Store, app: &str, days: u32) {
    match store.prune(app, days, Utc::now()).await {
        Ok(pruned) if pruned.removed.is_empty() => {}
        Ok(pruned) => say(&format!(
            "Removed {} older than {days} days; {} are left",
            pruned.removed.len(),
            pruned.left
        )),
        Err(error) => tracing::warn!(%error, "old backups are still there"),
    }
}
