//! `spindrift backup verify`

use std::time::Instant;

use anyhow::Result;
use spindrift_database::inspect;
use tokio_util::io::InspectReader;

use super::meter::Meter;
use super::{read, size};
use crate::args::{BackupArgs, ReadArgs};
use crate::report::{Reporter, say};

/// Reads a backup to its end, and says what is in it.
pub(super) async fn run(args: &BackupArgs, wanted: &ReadArgs, reporter: Reporter) -> Result<()> {
    let began = Instant::now();
    let reading = read(&args.app, wanted).await?;
    let backup = reading.backup;
    let mut meter = Meter::new(reporter, "read");
    let mut source = InspectReader::new(reading.plain, |bytes| meter.add(bytes.len() as u64));
    let contents = inspect(&mut source).await?;
    for (table, rows) in &contents.tables {
        say(&format!("{rows:>12}  {table}"));
    }
    let server = contents.server.as_deref().unwrap_or("of unknown version");
    say(&format!(
        "{} is whole: {} tables with {} rows, of PostgreSQL {server} ({}), read in {:.1} s",
        backup.name,
        contents.tables.len(),
        contents.rows(),
        size(backup.size),
        began.elapsed().as_secs_f64()
    ));
    Ok(())
}
