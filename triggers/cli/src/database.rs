//! The application's database: whose it is, and the values that name it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use spindrift_database::migrate::{Report, expand, migrate};
use spindrift_database::{Access, PrivateServer, connect, host_and_port, roles, with_role};
use spindrift_manifest::{App, DatabaseSettings};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::args::{DatabaseArgs, Phase};
use crate::report::Reporter;

/// Variables and their values.
pub(crate) type Values = BTreeMap<String, String>;

/// The variables that name the database: one per role, and the host's.
pub(crate) fn variables(app: &App) -> BTreeSet<&str> {
    let settings = app.settings.database.iter();
    settings
        .flat_map(|settings| settings.roles.keys().chain(&settings.host_variable))
        .map(String::as_str)
        .collect()
}

/// Applies the migrations of a phase; without one, all.
async fn apply(
    url: &str,
    settings: &DatabaseSettings,
    phase: Option<Phase>,
    reporter: Reporter,
) -> Result<Report> {
    let progress = |line: &str| reporter.progress(line);
    Ok(match phase {
        Some(Phase::Expand) => expand(url, &settings.migrations, &progress).await?,
        Some(Phase::Contract) | None => migrate(url, &settings.migrations, &progress).await?,
    })
}

/// Makes the private server's roles and brings its schema up to date. Answers
/// the values of the variables that name it.
pub(crate) async fn prepare_private(
    access: &Access,
    settings: &DatabaseSettings,
    phase: Option<Phase>,
    reporter: Reporter,
) -> Result<(Values, Report)> {
    let urls = access
        .ensure_roles(settings.roles.values().map(String::as_str))
        .await?;
    let report = apply(&access.owner_url()?, settings, phase, reporter).await?;
    let mut values: Values = settings
        .roles
        .iter()
        .map(|(variable, role)| (variable.clone(), urls[role].clone()))
        .collect();
    values.extend(
        settings
            .host_variable
            .iter()
            .map(|name| (name.clone(), access.host())),
    );
    Ok((values, report))
}

/// Makes the roles on somebody else's server, those whose variables were not
/// `given` URLs of their own, and brings the schema up to date.
pub(crate) async fn prepare_external(
    database: &DatabaseArgs,
    url: &str,
    settings: &DatabaseSettings,
    given: &Values,
    phase: Option<Phase>,
    reporter: Reporter,
) -> Result<Report> {
    let direct = database.direct_url().unwrap_or(url);
    let unnamed = settings
        .roles
        .iter()
        .filter(|(variable, _)| !given.contains_key(*variable));
    roles::ensure(direct, unnamed.map(|(_, role)| role.as_str())).await?;
    apply(direct, settings, phase, reporter).await
}

/// How soon a server that is away is tried again.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until the server of `url` takes connections, for a while.
pub(crate) async fn await_server(url: &str, patience: Duration, reporter: Reporter) -> Result<()> {
    let deadline = Instant::now() + patience;
    let mut waits = false;
    loop {
        match connect(url).await {
            Err(error) if error.is_away() && Instant::now() + PAUSE < deadline => {
                if !waits {
                    reporter.progress("waiting for the database");
                    waits = true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            result => return Ok(result.map(drop)?),
        }
    }
}

/// The values of the variables that name the server of `url`. Asks nobody.
pub(crate) fn external_values(url: &str, settings: &DatabaseSettings) -> Result<Values> {
    let mut values = Values::new();
    for (variable, role) in &settings.roles {
        values.insert(
            variable.clone(),
            with_role(url, role).context("DATABASE_URL")?,
        );
    }
    if let Some(variable) = &settings.host_variable {
        values.insert(
            variable.clone(),
            host_and_port(url).context("DATABASE_URL")?,
        );
    }
    Ok(values)
}

/// Times that a server may end by itself before it is given up.
const RESTARTS: usize = 5;
/// A server that ran as long as this has earned a new count.
const STEADY: Duration = Duration::from_secs(60);

/// Keeps a private server running until `halt`, then stops it. One that ends
/// by itself is started again; when that does not help, `stop` ends the program.
pub(crate) async fn keep(
    mut server: PrivateServer,
    reporter: Reporter,
    halt: CancellationToken,
    stop: CancellationToken,
) -> Result<()> {
    let _stop_on_failure = stop.drop_guard();
    let mut left = RESTARTS;
    loop {
        let since = Instant::now();
        let how = tokio::select! {
            () = halt.cancelled() => return Ok(server.stop().await?),
            how = server.ended() => how,
        };
        left = if since.elapsed() > STEADY {
            RESTARTS
        } else {
            left
        };
        if left == 0 {
            bail!(
                "the private PostgreSQL ends again and again (last {how}); see postgres.log in the state folder"
            );
        }
        left -= 1;
        tracing::warn!(
            how,
            "the private PostgreSQL ended by itself; starting it again"
        );
        server.restart(&|line| reporter.progress(line)).await?;
        tracing::info!("the private PostgreSQL runs again");
    }
}
