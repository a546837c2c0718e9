//! `spindrift migrate`

use std::process::ExitCode;

use anyhow::{Context, Result};
use spindrift_database::migrate::Report;
use spindrift_database::{StateFolder, reach};
use spindrift_manifest::DatabaseSettings;

use super::load;
use crate::args::MigrateArgs;
use crate::database::{self, Values};
use crate::logging;
use crate::report::{Reporter, say};

/// Migrates the database that DATABASE_URL names, else the private one, whether
/// `up` runs or not.
pub(super) async fn run(args: MigrateArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    let app = load(&args.app, false)?;
    let settings = app.settings.database.as_ref().with_context(|| {
        format!(
            "{} asks for no database: it has no [application.tool.spindrift.database]",
            app.manifest.display()
        )
    })?;
    let report = match args.database.url() {
        Some(url) => {
            database::prepare_external(&args.database, url, settings, &Values::new(), reporter)
                .await?
        }
        None => migrate_private(&args, settings, reporter).await?,
    };
    say(&match report.applied.len() {
        0 => format!(
            "Nothing to do: the database has all {} migrations",
            report.total
        ),
        count => format!(
            "Applied {count} of {} migrations: {}",
            report.total,
            report.applied.join(", ")
        ),
    });
    Ok(ExitCode::SUCCESS)
}

async fn migrate_private(
    args: &MigrateArgs,
    settings: &DatabaseSettings,
    reporter: Reporter,
) -> Result<Report> {
    let state = StateFolder::open(&args.app.state_path())?;
    let reached = reach(&state, &|line| reporter.progress(line)).await?;
    let migrated = database::prepare_private(reached.access(), settings, reporter).await;
    reached.leave().await?;
    Ok(migrated?.1)
}
