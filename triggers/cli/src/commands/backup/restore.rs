//! `spindrift backup restore`

use std::time::Instant;

use anyhow::Result;
use spindrift_database::{restore_from, restore_into};
use tokio_util::io::InspectReader;

use super::meter::Meter;
use super::read;
use crate::args::{BackupArgs, ReadArgs};
use crate::commands::load;
use crate::commands::restore::{Private, roles};
use crate::report::{Reporter, say};

/// Restores into the database that DATABASE_URL names, else into the private one.
pub(super) async fn run(args: &BackupArgs, wanted: &ReadArgs, reporter: Reporter) -> Result<()> {
    let began = Instant::now();
    let app = load(&args.app, false)?;
    let reading = read(&args.app, wanted).await?;
    let title = reading.backup.name.to_string();
    let mut meter = Meter::new(reporter, "read");
    let mut source = InspectReader::new(reading.plain, |bytes| meter.add(bytes.len() as u64));
    let progress = |line: &str| reporter.progress(line);
    let kept = if let Some(url) = args.database.direct_url() {
        restore_into(url, &title, &mut source, roles(&app), &progress).await?;
        String::new()
    } else {
        let private = Private::start(&args.app, reporter).await?;
        let server = &private.server;
        let restored = restore_from(server, &title, &mut source, roles(&app), &progress).await;
        private.stop(restored).await?
    };
    let seconds = began.elapsed().as_secs_f64();
    say(&format!("Restored {title} in {seconds:.1} s.{kept}"));
    Ok(())
}
