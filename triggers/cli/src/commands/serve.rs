//! `spindrift serve`

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use spindrift_http::{Drained, ServiceOptions};
use spindrift_manifest::App;

use super::{check_ids, load, raise_file_limit, runtime_options, say_ready};
use crate::args::ServeArgs;
use crate::database::{self, Values};
use crate::events::Sources;
use crate::{listen, logging, serving, shutdown, variables};

/// Serves what is there.
pub(super) async fn run(args: ServeArgs, started: Instant) -> Result<ExitCode> {
    let reporter = logging::start(&args.serving.output)?;
    let stop = shutdown::on_signals()?;
    raise_file_limit();
    let app = load(&args.serving.app, true)?;
    check_ids(&app, &args.serving.component_id)?;
    let given = variables::given(&app, &args.serving.variables.variables)?;
    let values = values(&args, &app, given.clone())?;
    app.check_variables(&values.keys().cloned().collect())?;

    let default = || format!("0.0.0.0:{}", args.port);
    let option = if args.listen.is_some() {
        "--listen"
    } else {
        "PORT, or --listen"
    };
    let listener = listen::bind(&args.listen.clone().unwrap_or_else(default), option).await?;
    let admin = listen::bind_admin(args.admin.admin_listen).await?;
    if let (true, Some(settings)) = (args.migrate, &app.settings.database) {
        let url = args
            .database
            .url()
            .context("`--migrate` needs DATABASE_URL, the server to migrate")?;
        let migrated = database::prepare_external(&args.database, url, settings, &given, reporter);
        tokio::select! {
            migrated = Box::pin(migrated) => drop(migrated?),
            () = stop.cancelled() => return Ok(ExitCode::from(130)),
        }
    }

    let url = listen::url(&listener)?;
    let name = app.name.clone();
    let state = args.serving.app.state_path();
    let serving = serving::Serving {
        app,
        values,
        options: runtime_options(&args.serving, &state.canonicalize().unwrap_or(state)),
        only: args.serving.component_id,
        listener,
        admin,
        // Whoever serves in containers has them delivered from outside.
        sources: Sources::default(),
        service: ServiceOptions {
            behind_proxy: args.serving.behind_proxy,
            event_sinks: args.event_sinks,
        },
        stop,
    };
    let drained = Box::pin(serving::run(serving, || say_ready(&name, &url, started))).await?;
    if drained == Drained::Cut {
        tracing::warn!("some requests were still under way and were cut");
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn values(args: &ServeArgs, app: &App, given: Values) -> Result<Values> {
    let Some(settings) = &app.settings.database else {
        return Ok(given);
    };
    let missing: Vec<&str> = database::variables(app)
        .into_iter()
        .filter(|name| !given.contains_key(*name))
        .collect();
    if missing.is_empty() {
        return Ok(given);
    }
    let Some(url) = args.database.url() else {
        bail!(
            "the application needs a database, and `spindrift serve` starts none: set DATABASE_URL to a PostgreSQL, \
             or give each of the variables {} ({}) a value. `spindrift up` brings a private database along.",
            missing.join(", "),
            missing
                .iter()
                .map(|name| format!("SPIN_VARIABLE_{}", name.to_uppercase()))
                .collect::<Vec<_>>()
                .join(", ")
        );
    };
    let mut values = database::external_values(url, settings)?;
    values.extend(given);
    Ok(values)
}
