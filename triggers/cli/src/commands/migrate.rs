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
            let (database, none) = (&args.database, Values::new());
            let direct = database.direct_url().unwrap_or(url);
            if !args.wait.is_zero() {
                database::await_server(direct, args.wait, reporter).await?;
            }
            database::prepare_external(database, url, settings, &none, args.phase, reporter).await?
        }
        None => migrate_private(&args, settings, reporter).await?,
    };
    // For whoever releases: to what older release there is a way back.
    tracing::info!(
        schema = report.schema,
        applied = report.applied.len(),
        waiting = report.waiting.len(),
        "migrated"
    );
    say(&words(&report));
    Ok(ExitCode::SUCCESS)
}

fn words(report: &Report) -> String {
    let total = report.total + report.waiting.len();
    let waiting = match report.waiting.as_slice() {
        [] => String::new(),
        files => format!("; waiting for the contract phase: {}", files.join(", ")),
    };
    match report.applied.as_slice() {
        [] if report.waiting.is_empty() => {
            format!("Nothing to do: the database has all {total} migrations")
        }
        [] => format!(
            "Nothing to do: the database has {} of {total} migrations{waiting}",
            report.total
        ),
        applied => format!(
            "Applied {} of {total} migrations: {}{waiting}",
            applied.len(),
            applied.join(", ")
        ),
    }
}

async fn migrate_private(
    args: &MigrateArgs,
    settings: &DatabaseSettings,
    reporter: Reporter,
) -> Result<Report> {
    let state = StateFolder::open(&args.app.state_path())?;
    let reached = reach(&state, &|line| reporter.progress(line)).await?;
    let migrated =
        database::prepare_private(reached.access(), settings, args.phase, reporter).await;
    reached.leave().await?;
    Ok(migrated?.1)
}
