//! `spindrift restore`

use std::process::ExitCode;

use anyhow::{Context, Result};
use spindrift_database::{Error, PrivateServer, Restored, StateFolder, StateLock, restore};
use spindrift_manifest::App;

use super::{load, refuse_external};
use crate::args::{AppArgs, RestoreArgs};
use crate::logging;
use crate::report::{Reporter, say};

/// Restores a backup into the private database.
pub(super) async fn run(args: RestoreArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    refuse_external(&args.database, "restore", "spindrift backup restore")?;
    let app = load(&args.app, false)?;
    std::fs::File::open(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let private = Private::start(&args.app, reporter).await?;
    let restored = Box::pin(restore(
        &private.server,
        &args.file,
        roles(&app),
        &|line: &str| reporter.progress(line),
    ))
    .await;
    let kept = private.stop(restored).await?;
    say(&format!("Restored {}.{kept}", args.file.display()));
    Ok(ExitCode::SUCCESS)
}

/// The roles that the manifest names.
pub(super) fn roles(app: &App) -> impl Iterator<Item = &str> {
    let settings = app.settings.database.iter();
    settings
        .flat_map(|settings| settings.roles.values())
        .map(String::as_str)
}

/// The private server, held for a restore: no application runs on it meanwhile.
pub(super) struct Private {
    pub(super) server: PrivateServer,
    _lock: StateLock,
}

impl Private {
    pub(super) async fn start(args: &AppArgs, reporter: Reporter) -> Result<Self> {
        let state = StateFolder::open(&args.state_path())?;
        let lock = state
            .lock()
            .context("a backup cannot be restored under a running application")?;
        let progress = |line: &str| reporter.progress(line);
        let server = Box::pin(PrivateServer::start(&lock, &progress)).await?;
        Ok(Self {
            server,
            _lock: lock,
        })
    }

    /// Stops it, and says where what was replaced is kept.
    pub(super) async fn stop(self, restored: Result<Restored, Error>) -> Result<String> {
        self.server.stop().await?;
        Ok(match restored?.replaced {
            Some(name) => {
                format!(" What was there is kept in the database {name} until the next restore.")
            }
            None => String::new(),
        })
    }
}
