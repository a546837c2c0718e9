//! `spindrift deploy`, `promote`, `rollback` and `delete`

use std::io::{IsTerminal, stdin};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail};
use serde::Serialize;
use spindrift_knative::cluster::{Options, Outcome, State};
use tokio_util::sync::CancellationToken;

use super::live::Live;
use super::wanted;
use crate::args::{
    BuildArgs, ChangeArgs, DeleteArgs, DeployArgs, OutputForm, PromoteArgs, RollbackArgs,
};
use crate::commands::build;
use crate::report::say;
use crate::shutdown;

/// Deploys.
pub(in crate::commands) async fn deploy(
    mut args: DeployArgs,
    started: Instant,
) -> Result<ExitCode> {
    if args.build {
        args.release.image = Some(built(&args).await?);
    }
    let release = wanted::release(&args.release)?;
    let cluster = wanted::cluster(&args.cluster).await?;
    let options = Options {
        no_traffic: args.no_traffic,
        create_namespace: args.create_namespace,
        ..options(&args.change, shutdown::on_signals()?)
    };
    if args.dry_run {
        cluster.preflight(&release, &options).await?;
        say(&format!(
            "{} {}: nothing stands against it",
            release.app, release.name
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let live = Live::new(args.cluster.output);
    let outcome = cluster.deploy(&release, &options, &live).await?;
    told(args.cluster.output, &outcome, &release.app, started);
    Ok(ExitCode::SUCCESS)
}

/// The application's image by its digest, built and pushed. Where the result is for a
/// program, nothing else is on standard output.
async fn built(args: &DeployArgs) -> Result<String> {
    let release = &args.release;
    let name = release.image.as_deref().unwrap_or_default();
    let mut build = BuildArgs::of_image(&release.app, name, &args.insecure_registry)?;
    build.output.quiet = args.cluster.output == OutputForm::Json;
    build::pushed(build).await
}

/// Gives a release that waits its traffic.
pub(in crate::commands) async fn promote(args: PromoteArgs, started: Instant) -> Result<ExitCode> {
    let release = wanted::release(&args.release)?;
    let cluster = wanted::cluster(&args.cluster).await?;
    let options = options(&args.change, shutdown::on_signals()?);
    let live = Live::new(args.cluster.output);
    let outcome = cluster.promote(&release, &options, &live).await?;
    told(args.cluster.output, &outcome, &release.app, started);
    Ok(ExitCode::SUCCESS)
}

/// Goes back to an earlier release.
pub(in crate::commands) async fn rollback(
    args: RollbackArgs,
    started: Instant,
) -> Result<ExitCode> {
    let deployed = wanted::deployed(&args.deployed)?;
    let cluster = wanted::cluster(&args.deployed.cluster).await?;
    let options = options(&args.change, shutdown::on_signals()?);
    let live = Live::new(args.deployed.cluster.output);
    let to = args.to.as_deref();
    let outcome = cluster
        .rollback(&deployed.app, &deployed.namespace, to, &options, &live)
        .await?;
    told(
        args.deployed.cluster.output,
        &outcome,
        &deployed.app,
        started,
    );
    Ok(ExitCode::SUCCESS)
}

/// Removes the application from the cluster.
pub(in crate::commands) async fn delete(args: DeleteArgs) -> Result<ExitCode> {
    let deployed = wanted::deployed(&args.deployed)?;
    let cluster = wanted::cluster(&args.deployed.cluster).await?;
    let options = options(&args.change, shutdown::on_signals()?);
    let (app, namespace) = (&deployed.app, &deployed.namespace);
    if !args.dry_run && !args.yes {
        if !stdin().is_terminal() {
            bail!(
                "`spindrift delete` removes {app} from {namespace}: say `--yes`, or look first with `--dry-run`"
            );
        }
        say(&format!(
            "This removes {app} from the namespace {namespace}. Type its name to go on:"
        ));
        let mut answer = String::new();
        stdin().read_line(&mut answer)?;
        if answer.trim() != app {
            bail!("that is not its name: nothing was removed");
        }
    }
    let live = Live::new(args.deployed.cluster.output);
    let deletion = cluster
        .delete(app, namespace, args.dry_run, &options, &live)
        .await?;
    if args.deployed.cluster.output == OutputForm::Json {
        json(&deletion);
        return Ok(ExitCode::SUCCESS);
    }
    let did = if args.dry_run {
        "would remove"
    } else {
        "removed"
    };
    deletion
        .deleted
        .iter()
        .for_each(|name| say(&format!("{did} {name}")));
    deletion
        .kept
        .iter()
        .for_each(|name| say(&format!("kept {name}")));
    Ok(ExitCode::SUCCESS)
}

fn options(args: &ChangeArgs, cancel: CancellationToken) -> Options {
    Options {
        force: args.force,
        wait: args.wait,
        cancel,
        ..Options::default()
    }
}

fn told(output: OutputForm, outcome: &Outcome, app: &str, started: Instant) {
    if output == OutputForm::Json {
        json(outcome);
        return;
    }
    let release = &outcome.release;
    for name in &outcome.pruned {
        say(&format!("removed {name}: it is in {app} no more"));
    }
    for note in &outcome.notes {
        say(&format!("note: {note}"));
    }
    let seconds = started.elapsed().as_secs_f64();
    say(&match (outcome.unchanged, outcome.state) {
        (true, _) => format!("{app} {release} serves already: nothing to do"),
        (false, State::Waiting) => {
            format!(
                "{app} {release} is ready and waits for its traffic: `spindrift promote` ({seconds:.1} s)"
            )
        }
        (false, _) => format!("{app} {release} serves ({seconds:.1} s)"),
    });
}

fn json(value: &impl Serialize) {
    say(&serde_json::to_string(value).unwrap_or_default());
}
