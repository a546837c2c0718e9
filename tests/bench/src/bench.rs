//! What every comparison needs: who takes part, the load, and a place to work.

use std::fs;
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tempfile::{NamedTempFile, TempPath};

use crate::database::{CommitTimes, Database};
use crate::load::Generator;
use crate::measure::Plan;
use crate::processors::Processors;
use crate::side::{Running, Side};
use crate::sides::Programs;

/// Where logs, the database and the results go.
const FOLDER: &str = "target/bench";

pub(crate) struct Bench {
    pub(crate) folder: PathBuf,
    pub(crate) plan: Plan,
    pub(crate) generator: Generator,
    /// What is left of the processors beside the generator.
    processors: Processors,
    pub(crate) programs: Programs,
}

impl Bench {
    pub(crate) fn new(plan: Plan, programs: Programs) -> Result<Self> {
        fs::create_dir_all(FOLDER).with_context(|| format!("cannot make {FOLDER}"))?;
        let folder = Path::new(FOLDER).canonicalize()?;
        let (few, rest) = Processors::shared_out();
        Ok(Self {
            plan,
            generator: Generator::new(&folder, few)?,
            processors: rest,
            programs,
            folder,
        })
    }

    pub(crate) async fn database(&self, times: CommitTimes) -> Result<Database> {
        progress("starting a PostgreSQL of the benchmark's own");
        Database::start(&self.folder, Path::new("functions/migrations"), times).await
    }

    /// The file of everybody's tokens. It goes when it is dropped.
    pub(crate) fn tokens(&self, database: &Database) -> Result<TempPath> {
        let mut file = NamedTempFile::new_in(&self.folder)?;
        file.write_all(database.tokens.join("\n").as_bytes())?;
        Ok(file.into_temp_path())
    }

    /// Starts the sides, which are to be compared, on the same processors. Each then
    /// answers `path`.
    pub(crate) async fn start(&self, sides: &[Side], path: &str) -> Result<Vec<Running>> {
        let mut running = Vec::new();
        for side in sides {
            progress(&format!("starting {}", side.name));
            running.push(side.start_on(&self.processors, &self.folder, path).await?);
        }
        Ok(running)
    }
}

/// Ends the sides.
pub(crate) async fn stop(sides: Vec<Running>) -> Result<()> {
    for side in sides {
        side.stop().await?;
    }
    Ok(())
}

/// One step, for whoever waits.
pub(crate) fn progress(line: &str) {
    // That nobody reads it is no reason to fail.
    _ = writeln!(stderr(), "bench: {line}");
}
