//! `spindrift backup FILE`

use std::path::Path;

use anyhow::{Result, ensure};
use spindrift_database::backup::backup;
use spindrift_database::reach;

use crate::args::BackupArgs;
use crate::commands::{existing_state, refuse_external};
use crate::report::{Reporter, say};

/// Backs the private database up, whether `up` runs or not.
pub(super) async fn run(args: &BackupArgs, file: &Path, reporter: Reporter) -> Result<()> {
    refuse_external(
        &args.database,
        "backup FILE",
        "spindrift backup create --store file:///backups",
    )?;
    ensure!(
        args.force || !file.exists(),
        "{} is there already: choose another name, or replace it with `--force`",
        file.display()
    );
    let state = existing_state(&args.app)?;
    let reached = reach(&state, &|line| reporter.progress(line)).await?;
    let written = backup(reached.access(), file).await;
    reached.leave().await?;
    written?;
    let size = std::fs::metadata(file)?.len();
    say(&format!(
        "Wrote {} ({} KiB)",
        file.display(),
        size.div_ceil(1024)
    ));
    Ok(())
}
