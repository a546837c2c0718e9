//! How much is done, and what is left to chance: by the environment.

use std::env;
use std::sync::OnceLock;

use anyhow::{Context, Result};

use crate::world::tell;

/// Events of the mixed traffic by SQL, when `FAULTS_EVENTS` does not say.
const EVENTS: usize = 4000;

/// Events of the mixed traffic by SQL.
pub(crate) fn events() -> Result<usize> {
    Ok(number("FAULTS_EVENTS")?.map_or(Ok(EVENTS), usize::try_from)?)
}

/// What all chances come from: `FAULTS_SEED`, or another one for each run. It is told
/// once, so that a run can be had again.
pub(crate) fn seed() -> Result<u64> {
    static SEED: OnceLock<u64> = OnceLock::new();
    let given = number("FAULTS_SEED")?;
    Ok(*SEED.get_or_init(|| {
        let seed = given.unwrap_or_else(|| fastrand::u64(..));
        tell(&format!("FAULTS_SEED={seed}"));
        seed
    }))
}

/// A number of the environment.
fn number(name: &str) -> Result<Option<u64>> {
    let Ok(text) = env::var(name) else {
        return Ok(None);
    };
    let number = text.parse();
    Ok(Some(number.with_context(|| {
        format!("{name} is {text:?}, which is no number")
    })?))
}
