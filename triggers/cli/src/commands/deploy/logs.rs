//! `spindrift logs`

use std::process::ExitCode;

use anyhow::Result;
use futures::StreamExt;
use spindrift_knative::cluster::LogOptions;

use super::wanted;
use crate::args::{LogsArgs, OutputForm};
use crate::report::say;
use crate::shutdown;

/// Writes the lines of the release that serves.
pub(in crate::commands) async fn run(args: LogsArgs) -> Result<ExitCode> {
    let deployed = wanted::deployed(&args.deployed)?;
    let cluster = wanted::cluster(&args.deployed.cluster).await?;
    let stop = shutdown::on_signals()?;
    let prefix = |name: String| match name.starts_with(&format!("{}-", deployed.app)) {
        true => name,
        false => format!("{}-{name}", deployed.app),
    };
    let options = LogOptions {
        services: args.services.into_iter().map(prefix).collect(),
        follow: args.follow,
        since: args.since,
        tail: args.tail,
    };
    let lines = cluster
        .logs(&deployed.app, &deployed.namespace, options)
        .await?;
    let mut lines = std::pin::pin!(lines.take_until(stop.cancelled()));
    while let Some(line) = lines.next().await {
        match args.deployed.cluster.output {
            OutputForm::Json => say(&serde_json::to_string(&line)?),
            OutputForm::Text => say(&format!("{}: {}", line.service, line.text)),
        }
    }
    Ok(ExitCode::SUCCESS)
}
