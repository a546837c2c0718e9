//! `spindrift backup list`

use anyhow::Result;
use chrono::Utc;

use super::{age, open_store, size};
use crate::args::StoreArgs;
use crate::report::say;

/// Lists what is in a store, whichever application's it is.
pub(super) async fn run(args: &StoreArgs) -> Result<()> {
    let store = open_store(args)?;
    let backups = store.list().await?;
    if backups.is_empty() {
        say(&format!("No backups in {store}"));
        return Ok(());
    }
    let now = Utc::now();
    let widest = backups
        .iter()
        .map(|backup| backup.name.to_string().len())
        .max();
    let width = widest.unwrap_or_default();
    for backup in &backups {
        // One of the future is of a clock that went wrong.
        let old = (now - backup.name.at()).to_std().unwrap_or_default();
        let name = backup.name.to_string();
        say(&format!(
            "{name:width$}  {:>7}  {:>10}",
            age(old),
            size(backup.size)
        ));
    }
    Ok(())
}
