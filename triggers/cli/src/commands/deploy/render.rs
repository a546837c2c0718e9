//! `spindrift render`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use spindrift_knative::render::{self, File};
use spindrift_knative::{Release, profile};

use super::wanted;
use crate::args::{RenderArgs, RenderFormat};
use crate::report::{say, write};

/// Writes what would be deployed.
pub(in crate::commands) fn run(args: &RenderArgs) -> Result<ExitCode> {
    if args.reference {
        write(&profile::reference());
        return Ok(ExitCode::SUCCESS);
    }
    let release = wanted::release(&args.release)?;
    if args.topics {
        release.topics.iter().for_each(|topic| say(topic));
    } else if args.role {
        write(&render::role(&release));
    } else if let Some(folder) = &args.to {
        let files = match args.format {
            RenderFormat::Yaml => render::files(&release),
            RenderFormat::Kustomize => render::kustomize(&release),
            RenderFormat::Helm => render::helm(&release),
        };
        store(folder, &files)?;
        say(&said(folder, &files, &release));
    } else if args.format == RenderFormat::Yaml {
        write(&render::stream(&release));
    } else {
        bail!("this format is a folder of files: say where with `--to DIR`");
    }
    Ok(ExitCode::SUCCESS)
}

fn said(folder: &Path, files: &[File], release: &Release) -> String {
    format!(
        "{} files in {}: {} {}, release {}",
        files.len(),
        folder.display(),
        release.app,
        release.version,
        release.name
    )
}

/// Writes the files, and removes those of an earlier time that are none any more: who
/// commits the folder finds in it what is deployed, and nothing else.
fn store(folder: &Path, files: &[File]) -> Result<()> {
    let old = |path: &Path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    };
    for place in [folder.to_owned(), folder.join("templates")] {
        for entry in std::fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            let kept = files.iter().any(|file| folder.join(&file.path) == path);
            if old(&path) && !kept {
                std::fs::remove_file(&path)
                    .with_context(|| format!("cannot remove {}", path.display()))?;
            }
        }
    }
    for file in files {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("cannot make {}", parent.display()))?;
        }
        std::fs::write(&path, &file.text)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
