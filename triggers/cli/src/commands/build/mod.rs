//! `spindrift build`

mod git;
mod hint;
mod image;
mod steps;

use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use spindrift_database::StateFolder;
use spindrift_image::Reference;
use spindrift_manifest::App;
use spindrift_runtime::Target;
use tokio::process::Command;

use super::{check_ids, compile, compose, fetch, load};
use crate::args::BuildArgs;
use crate::logging;
use crate::report::{Reporter, say};
use hint::hint;
use steps::{Step, steps};

/// Builds components and compiles them for this machine.
pub(super) async fn run(args: BuildArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    if let Some(name) = &args.image.image {
        say(&image(&args, name, reporter).await?);
        return Ok(ExitCode::SUCCESS);
    }
    let app = components(&args, reporter).await?;
    let state = StateFolder::open(&args.app.state_path())?;
    let count = app.components.len();
    let target = match args.portable {
        true => Target::Portable,
        false => Target::Machine,
    };
    compile(Arc::new(app), state.path(), target, reporter).await?;
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

/// Builds the application and pushes its image, as `spindrift build --image` does, and
/// returns the image's name by digest.
pub(super) async fn pushed(args: BuildArgs) -> Result<String> {
    let reporter = logging::start(&args.output)?;
    let name = args.image.image.as_ref().context("an image has a name")?;
    image(&args, name, reporter).await
}

async fn image(args: &BuildArgs, name: &Reference, reporter: Reporter) -> Result<String> {
    let app = components(args, reporter).await?;
    let state = StateFolder::open(&args.app.state_path())?;
    let making = image::Making {
        args: &args.image,
        app: Arc::new(app),
        state: state.path(),
        reporter,
    };
    Box::pin(making.make(name)).await
}

/// The application with those of its components that are wanted, built.
async fn components(args: &BuildArgs, reporter: Reporter) -> Result<App> {
    let only = &args.component_id;
    let app = load(&args.app, false)?;
    check_ids(&app, only)?;
    fetch(&args.app, &app, only, reporter).await?;
    if !args.compile_only {
        run_commands(&app, only, args.output.quiet, reporter).await?;
    }
    if only.is_empty() {
        return compose(load(&args.app, true)?, reporter).await;
    }
    // The others may not have been built yet.
    let mut app = load(&args.app, false)?;
    app.components.retain(|id, _| only.contains(id));
    compose(app, reporter).await
}

/// Runs the build commands of the components in `only`, or of all when it is empty.
pub(super) async fn run_commands(
    app: &App,
    only: &[String],
    quiet: bool,
    reporter: Reporter,
) -> Result<()> {
    let builds = app
        .components
        .values()
        .filter(|component| only.is_empty() || only.contains(&component.id))
        .filter_map(|component| Some((component.id.as_str(), component.build.as_ref()?)));
    for step in steps(builds) {
        run_step(&step, quiet, reporter).await?;
    }
    Ok(())
}

async fn run_step(step: &Step<'_>, quiet: bool, reporter: Reporter) -> Result<()> {
    let components: Vec<_> = step
        .components
        .iter()
        .map(|id| format!("\"{id}\""))
        .collect();
    let (components, command) = (components.join(", "), step.command());
    reporter.progress(&format!("building {components}: {command}"));
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &command])
        .current_dir(step.workdir)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let context = || {
        format!(
            "cannot build {components}: `{command}` does not start in {}",
            step.workdir.display()
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
    let hint = hint(&command, status);
    bail!("cannot build {components}: `{command}` failed ({status}). {hint}")
}
