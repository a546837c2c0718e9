//! `spindrift backup`

use std::process::ExitCode;

use anyhow::{Result, ensure};
use spindrift_database::backup::backup;
use spindrift_database::reach;

use super::{existing_state, refuse_external};
use crate::args::BackupArgs;
use crate::logging;
use crate::report::say;

/// Backs the private database up, whether `up` runs or not.
pub(super) async fn run(args: BackupArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    refuse_external(&args.database, "backup", "pg_dump --format=custom")?;
    ensure!(
        args.force || !args.file.exists(),
        "{} is there already: choose another name, or replace it with `--force`",
        args.file.display()
    );
    let state = existing_state(&args.app)?;
    let reached = reach(&state, &|line| reporter.progress(line)).await?;
    let written = backup(reached.access(), &args.file).await;
    reached.leave().await?;
    written?;
    let size = std::fs::metadata(&args.file)?.len();
    say(&format!(
        "Wrote {} ({} KiB)",
        args.file.display(),
        size.div_ceil(1024)
    ));
    Ok(ExitCode::SUCCESS)
}
