//! What functions wait for before they can work.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result};
use spindrift_database::Target;
use spindrift_manifest::App;
use tokio::sync::watch;

/// The first and the longest pause between two attempts to connect.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// The databases that these components use: by each of the URLs that their templates name.
pub(crate) fn databases(
    app: &App,
    served: &[&str],
    values: &BTreeMap<String, String>,
) -> Result<Vec<Target>> {
    let settings = app.settings.database.iter();
    let roles: BTreeSet<&str> = settings
        .flat_map(|settings| settings.roles.keys())
        .map(String::as_str)
        .collect();
    let used = app.variables_of(served.iter().copied());
    let mut urls = BTreeSet::new();
    let mut targets = Vec::new();
    for variable in roles.intersection(&used) {
        if let Some(url) = values.get(*variable).filter(|url| urls.insert(*url)) {
            let target = Target::parse(url).with_context(|| format!("variable \"{variable}\""))?;
            targets.push(target);
        }
    }
    Ok(targets)
}

/// What is still missing: `the database`, until each has answered once. After that
/// functions say by themselves, request by request, when it is away: were a process
/// unready for as long, its callers would wait for an answer instead of getting one.
pub(crate) fn watch(databases: Vec<Target>) -> watch::Receiver<Option<&'static str>> {
    if databases.is_empty() {
        return watch::channel(None).1;
    }
    let (missing, watched) = watch::channel(Some("the database"));
    tokio::spawn(async move {
        for database in &databases {
            answers(database).await;
        }
        missing.send_replace(None);
    });
    watched
}

/// Connects until that succeeds.
async fn answers(database: &Target) {
    let (mut pause, longest) = PAUSES;
    let mut waited = false;
    while let Err(error) = database.connect().await {
        if !waited {
            tracing::warn!(%error, "not ready: waiting for the database");
            waited = true;
        }
        tokio::time::sleep(pause).await;
        pause = longest.min(pause * 2);
    }
    if waited {
        tracing::info!("the database answers");
    }
}
