//! `spindrift plugin`: this program as plugins of stock Spin.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use spindrift_image::{Digest, Origin, Package, Plugin};
use spindrift_manifest::file_url;

use crate::args::{PluginArgs, PluginCommand, PluginInstallArgs, PluginPackageArgs};
use crate::report::say;

/// What goes with the program.
const LICENCE: &str = include_str!("../../../../LICENSE");

/// The plugins. `deploy` cannot be one, for Spin has a command of that name: it hands
/// that on to the plugin which SPIN_DEPLOY_PLUGIN names, and that is the last of these.
const PLUGINS: [Plugin; 3] = [
    Plugin {
        name: "trigger-cron",
        description: "Calls functions at certain times, with time zones",
    },
    Plugin {
        name: "trigger-kafka",
        description: "Calls functions with the events of Kafka's topics, until they are handled",
    },
    Plugin {
        name: "spindrift",
        description: "Runs functions with a PostgreSQL, and deploys them to Knative",
    },
];

/// Writes or installs the plugins.
pub(super) fn run(args: &PluginArgs) -> Result<ExitCode> {
    match &args.command {
        PluginCommand::Package(args) => package(args)?,
        PluginCommand::Install(args) => install(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn package(args: &PluginPackageArgs) -> Result<()> {
    let program = program()?;
    let (os, arch) = platform()?;
    let version = env!("CARGO_PKG_VERSION");
    let folder = &args.output;
    let folder = fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .with_context(|| format!("cannot make {}", folder.display()))?;
    for plugin in PLUGINS {
        let archive = plugin.pack(&program, LICENCE)?;
        let name = format!("{}-{version}-{os}-{arch}.tar.gz", plugin.name);
        let path = folder.join(&name);
        write(&path, &archive.bytes)?;
        let url = match &args.url {
            Some(url) => format!("{}/{name}", url.trim_end_matches('/')),
            None => url_of(&path)?,
        };
        let package = Package {
            os,
            arch,
            url: &url,
            sha256: archive.digest().hex(),
        };
        let manifest = plugin.manifest(&origin(args.homepage.as_deref()), &package);
        let file = folder.join(format!("{}.json", plugin.name));
        write_manifest(&file, &manifest)?;
        say(&format!(
            "Wrote {}. Next: spin plugins install --file {}",
            path.display(),
            file.display()
        ));
    }
    Ok(())
}

/// Spin keeps the plugin NAME as `plugins/NAME/NAME`, and its manifest as
/// `plugins/manifests/NAME.json`.
fn install(args: &PluginInstallArgs) -> Result<()> {
    let program = program()?;
    let (os, arch) = platform()?;
    let bytes = fs::read(&program).with_context(|| format!("cannot read {}", program.display()))?;
    let digest = Digest::of(&bytes);
    let url = url_of(&program)?;
    let package = Package {
        os,
        arch,
        url: &url,
        sha256: digest.hex(),
    };
    let plugins = match &args.data_dir {
        Some(folder) => folder.clone(),
        None => data_folder()?,
    };
    let plugins = plugins.join("plugins");
    let manifests = plugins.join("manifests");
    make(&manifests)?;
    for plugin in PLUGINS {
        let folder = plugins.join(plugin.name);
        make(&folder)?;
        replace(&program, &folder.join(plugin.name))?;
        write(&folder.join("LICENSE"), LICENCE.as_bytes())?;
        let manifest = plugin.manifest(&origin(None), &package);
        let file = manifests.join(format!("{}.json", plugin.name));
        write_manifest(&file, &manifest)?;
        say(&format!(
            "Installed {} in {}",
            plugin.name,
            folder.display()
        ));
    }
    Ok(())
}

/// This program's file.
fn program() -> Result<PathBuf> {
    let program = std::env::current_exe().and_then(|path| path.canonicalize());
    program.context("cannot find the file of this program")
}

/// What this program runs on, as Spin calls it.
fn platform() -> Result<(&'static str, &'static str)> {
    let arch = match consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "aarch64",
        other => bail!("Spin has no plugins for {other}: it knows x86_64 and aarch64"),
    };
    match consts::OS {
        "linux" | "macos" => Ok((consts::OS, arch)),
        other => bail!("there are no plugins for {other}: Linux and macOS have them"),
    }
}

fn origin(homepage: Option<&str>) -> Origin<'_> {
    Origin {
        version: env!("CARGO_PKG_VERSION"),
        licence: env!("CARGO_PKG_LICENSE"),
        homepage,
    }
}

fn url_of(path: &Path) -> Result<String> {
    file_url(path).with_context(|| {
        format!(
            "{} is not UTF-8, so no URL names it: choose another folder",
            path.display()
        )
    })
}

/// Where Spin keeps its data unless SPIN_DATA_DIR says another folder.
fn data_folder() -> Result<PathBuf> {
    let named = |name: &str| {
        let folder = std::env::var_os(name).map(PathBuf::from);
        folder.filter(|folder| folder.is_absolute())
    };
    let home = || named("HOME").context("HOME is not set: name Spin's data folder by `--data-dir`");
    let data = match (consts::OS, named("XDG_DATA_HOME")) {
        ("macos", _) => home()?.join("Library/Application Support"),
        (_, Some(folder)) => folder,
        (_, None) => home()?.join(".local/share"),
    };
    Ok(data.join("spin"))
}

/// Copies the program over another, which may be running.
fn replace(program: &Path, target: &Path) -> Result<()> {
    let partial = target.with_extension(format!("partial-{}", std::process::id()));
    fs::copy(program, &partial)
        .and_then(|_| fs::rename(&partial, target))
        .with_context(|| format!("cannot write {}", target.display()))
}

fn write_manifest(path: &Path, manifest: &Value) -> Result<()> {
    write(path, format!("{manifest:#}\n").as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}
