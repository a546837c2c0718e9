//! `spindrift diff`

use std::process::ExitCode;

use anyhow::Result;
use spindrift_knative::cluster::Action;

use super::wanted;
use crate::args::{DiffArgs, OutputForm};
use crate::report::{say, write};

/// Shows what a deployment would change. Exits with 1 when there is something.
pub(in crate::commands) async fn run(args: DiffArgs) -> Result<ExitCode> {
    let release = wanted::release(&args.release)?;
    let cluster = wanted::cluster(&args.cluster).await?;
    let changes = cluster.diff(&release).await?;
    if args.cluster.output == OutputForm::Json {
        say(&serde_json::to_string(&changes)?);
    } else {
        for change in &changes {
            let verb = match change.action {
                Action::Create => "create",
                Action::Change => "change",
                Action::Delete => "delete",
            };
            say(&format!("{verb} {} {}", change.kind, change.name));
            write(&change.diff);
        }
    }
    Ok(ExitCode::from(u8::from(!changes.is_empty())))
}
