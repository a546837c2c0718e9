//! `spindrift restore`

use std::process::ExitCode;

use anyhow::{Context, Result};
use spindrift_database::{PrivateServer, StateFolder, restore};

use super::{load, refuse_external};
use crate::args::RestoreArgs;
use crate::logging;
use crate::report::say;

/// Restores a backup into the private database.
pub(super) async fn run(args: RestoreArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    refuse_external(&args.database, "restore", "pg_restore")?;
    let app = load(&args.app, false)?;
    std::fs::File::open(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let state = StateFolder::open(&args.app.state_path())?;
    let lock = state
        .lock()
        .context("a backup cannot be restored under a running application")?;
    let progress = |line: &str| reporter.progress(line);
    let server = Box::pin(PrivateServer::start(&lock, &progress)).await?;
    let roles = app
        .settings
        .database
        .iter()
        .flat_map(|settings| settings.roles.values());
    let restored = Box::pin(restore(
        &server,
        &args.file,
        roles.map(String::as_str),
        &progress,
    ))
    .await;
    server.stop().await?;
    let kept = match restored?.replaced {
        Some(name) => {
            format!(" What was there is kept in the database {name} until the next restore.")
        }
        None => String::new(),
    };
    say(&format!("Restored {}.{kept}", args.file.display()));
    Ok(ExitCode::SUCCESS)
}
