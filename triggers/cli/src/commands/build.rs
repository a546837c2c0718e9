//! `spindrift build`

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use spindrift_database::StateFolder;
use spindrift_manifest::App;
use tokio::process::Command;

use super::{check_ids, compile, load};
use crate::args::BuildArgs;
use crate::doctor::guest_target;
use crate::logging;
use crate::report::{Reporter, say};

/// Builds components and compiles them for this machine.
pub(super) async fn run(args: BuildArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    let app = load(&args.app, false)?;
    check_ids(&app, &args.component_id)?;
    run_commands(&app, &args.component_id, args.output.quiet, reporter).await?;
    let mut app = match args.component_id.is_empty() {
        true => load(&args.app, true)?,
        // The others may not have been built yet.
        false => load(&args.app, false)?,
    };
    if !args.component_id.is_empty() {
        app.components
            .retain(|id, _| args.component_id.contains(id));
    }
    let state = StateFolder::open(&args.app.state_path())?;
    let count = app.components.len();
    compile(Arc::new(app), state.path(), reporter).await?;
    say(&format!(
        "Built {count} {}",
        if count == 1 {
            "component"
        } else {
            "components"
        }
    ));
    Ok(ExitCode::SUCCESS)
}

/// Runs the build commands of the components in `only`, or of all when it is
/// empty: each command once in each folder, however many components name it.
pub(super) async fn run_commands(
    app: &App,
    only: &[String],
    quiet: bool,
    reporter: Reporter,
) -> Result<()> {
    let mut done = BTreeSet::new();
    for component in app
        .components
        .values()
        .filter(|component| only.is_empty() || only.contains(&component.id))
    {
        let Some(build) = &component.build else {
            continue;
        };
        for command in &build.commands {
            if done.insert((command, &build.workdir)) {
                reporter.progress(&format!("building {}: {command}", component.id));
                run_command(&component.id, command, &build.workdir, quiet).await?;
            }
        }
    }
    Ok(())
}

async fn run_command(component: &str, command: &str, workdir: &Path, quiet: bool) -> Result<()> {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(workdir)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let context = || {
        format!(
            "component \"{component}\": cannot run `{command}` in {}",
            workdir.display()
        )
    };
    let status = if quiet {
        let output = shell.output().await.with_context(context)?;
        if !output.status.success() {
            say(&String::from_utf8_lossy(&output.stdout));
            say(&String::from_utf8_lossy(&output.stderr));
        }
        output.status
    } else {
        shell.status().await.with_context(context)?
    };
    if status.success() {
        return Ok(());
    }
    let hint = if command.contains("wasm32-wasip2") {
        guest_target().err().unwrap_or_default()
    } else {
        String::new()
    };
    bail!("component \"{component}\": its build command `{command}` failed ({status}). {hint}")
}
