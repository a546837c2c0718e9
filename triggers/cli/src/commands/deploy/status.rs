//! `spindrift status`

use std::process::ExitCode;

use anyhow::Result;
use spindrift_knative::cluster::{DeliveryStatus, Entry, ServiceStatus, Status, Target};

use super::wanted;
use crate::args::{OutputForm, StatusArgs};
use crate::report::say;

/// Says how the application stands. Exits with 1 when something is not ready.
pub(in crate::commands) async fn run(args: StatusArgs) -> Result<ExitCode> {
    let deployed = wanted::deployed(&args.deployed)?;
    let cluster = wanted::cluster(&args.deployed.cluster).await?;
    let status = cluster.status(&deployed.app, &deployed.namespace).await?;
    match args.deployed.cluster.output {
        OutputForm::Json => say(&serde_json::to_string(&status)?),
        OutputForm::Text => lines(&status).iter().for_each(|line| say(line)),
    }
    let ready = status.services.iter().all(|one| one.ready)
        && status.deliveries.iter().all(|one| one.ready);
    let well = ready && status.release.is_some();
    Ok(ExitCode::from(u8::from(!well)))
}

fn lines(status: &Status) -> Vec<String> {
    let release = status.release.as_deref().unwrap_or("no release serves");
    let mut lines = vec![format!("{} in {}: {release}", status.app, status.namespace)];
    let names = status.services.iter().map(|one| one.name.len());
    let width = names
        .chain(status.deliveries.iter().map(|one| one.name.len()))
        .max()
        .unwrap_or(0);
    lines.extend(status.services.iter().map(|one| service(one, width)));
    lines.extend(status.deliveries.iter().map(|one| delivery(one, width)));
    if !status.releases.is_empty() {
        lines.push("releases, the latest first:".to_owned());
        lines.extend(status.releases.iter().rev().map(entry));
    }
    lines
}

fn service(one: &ServiceStatus, width: usize) -> String {
    let share = |target: &Target| format!("{} % {}", target.percent, target.revision);
    let traffic: Vec<String> = one.traffic.iter().map(share).collect();
    let url = one.url.as_deref().unwrap_or("");
    format!(
        "  {:width$}  {}  {} pods  {}  {url}",
        one.name,
        ready(one.ready, one.reason.as_deref()),
        one.pods,
        traffic.join(", ")
    )
}

fn delivery(one: &DeliveryStatus, width: usize) -> String {
    let state = ready(one.ready, one.reason.as_deref());
    format!("  {:width$}  {state}  {}", one.name, one.kind)
}

fn ready(ready: bool, reason: Option<&str>) -> String {
    match (ready, reason) {
        (true, _) => "ready".to_owned(),
        (false, Some(reason)) => format!("not ready ({reason})"),
        (false, None) => "not ready".to_owned(),
    }
}

fn entry(one: &Entry) -> String {
    let state = serde_json::to_value(one.state).unwrap_or_default();
    format!(
        "  {}  {}  {}  {}  {}",
        one.release,
        state.as_str().unwrap_or_default(),
        one.at.format("%Y-%m-%dT%H:%M:%SZ"),
        one.version,
        one.image
    )
}
