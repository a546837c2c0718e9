//! `spindrift new` and `spindrift add`: the beginning of a function.

mod function;
mod kit;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use spindrift_manifest::{Checks, load};

use self::function::{Function, write};
use crate::args::{AddArgs, NewArgs};
use crate::report::say;

/// Makes an application of one function.
pub(super) fn new(args: &NewArgs) -> Result<ExitCode> {
    let name = &args.function.name;
    let folder = args.output.as_deref().unwrap_or(Path::new(name));
    let function = Function::new(&args.function);
    let manifest = format!(
        "spin_manifest_version = 2\n\n\
         [application]\n\
         name = \"{name}\"\n\
         version = \"0.1.0\"\n\n\
         {}",
        function.manifest(None)
    );
    function.write(folder)?;
    write(&folder.join("spin.toml"), &manifest)?;
    let folder = folder.display();
    say(&format!(
        "Made {folder}. Next: cd {folder} && spindrift up --build"
    ));
    say_needs(&function);
    Ok(ExitCode::SUCCESS)
}

/// Adds a function to an application.
pub(super) fn add(args: &AddArgs) -> Result<ExitCode> {
    let name = &args.function.name;
    let checks = Checks::default();
    let app = load(&args.from, &checks)?;
    if app.components.contains_key(name) {
        bail!(
            "{} has a component called \"{name}\" already: choose another name",
            app.manifest.display()
        );
    }
    let function = Function::new(&args.function);
    let text = fs::read_to_string(&app.manifest)
        .with_context(|| format!("cannot read {}", app.manifest.display()))?;
    function.write(&app.root.join(name))?;
    let added = format!("{}\n\n{}", text.trim_end(), function.manifest(Some(name)));
    write(&app.manifest, &added)?;
    if let Err(mistakes) = load(&args.from, &checks) {
        write(&app.manifest, &text)?;
        bail!(
            "{} is as it was, for what would be added does not fit into it:\n{mistakes}",
            app.manifest.display()
        );
    }
    say(&format!(
        "Made {}, and added it to {}",
        app.root.join(name).display(),
        app.manifest.display()
    ));
    say_needs(&function);
    Ok(ExitCode::SUCCESS)
}

fn say_needs(function: &Function<'_>) {
    if let Some(needs) = function.needs() {
        say(&format!(
            "Building it takes {needs}, and the network the first time"
        ));
    }
}
