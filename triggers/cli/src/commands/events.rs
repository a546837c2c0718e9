//! `spindrift events`

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Map, Value};
use spindrift_outbox::tail::{Tail, Wanted, Written};

use super::session::Session;
use crate::args::{EventsArgs, EventsCommand, TailArgs};
use crate::report::say;
use crate::{logging, shutdown};

/// How soon a change is seen.
const GLANCE: Duration = Duration::from_millis(250);

/// Shows the events of the database that DATABASE_URL names, else of the private one.
pub(super) async fn run(args: EventsArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    let stop = shutdown::on_signals()?;
    let EventsCommand::Tail(tail) = args.command;
    let session = Session::open(&args.app, &args.database, reporter).await?;
    let shown = tokio::select! {
        shown = show(&session, &tail) => shown,
        () = stop.cancelled() => Ok(()),
    };
    session.close().await?;
    shown?;
    Ok(ExitCode::SUCCESS)
}

async fn show(session: &Session, args: &TailArgs) -> Result<()> {
    let wanted = Wanted {
        topic: args.topic.clone(),
        ty: args.ty.clone(),
    };
    let mut tail = Tail::start(&session.client, wanted, args.last).await?;
    loop {
        for event in tail.next(&session.client).await? {
            say(&match args.json {
                true => document(&event)?,
                false => line(&event),
            });
        }
        if args.no_follow {
            return Ok(());
        }
        tokio::time::sleep(GLANCE).await;
    }
}

fn line(event: &Written) -> String {
    let at = event.created_at.format("%Y-%m-%dT%H:%M:%S%.3fZ");
    let attributes: Map<String, Value> = serde_json::from_str(&event.headers).unwrap_or_default();
    let text = |name| attributes.get(name).and_then(Value::as_str).unwrap_or("?");
    let (topic, key) = (&event.topic, &event.key);
    let (ty, id, subject) = (text("type"), text("id"), text("subject"));
    format!("{at}  {topic}  {ty}  {subject}  key={key}  id={id}")
}

/// The event in structured mode.
fn document(event: &Written) -> Result<String> {
    let mut document: Map<String, Value> = serde_json::from_str(&event.headers)?;
    document.insert("data".to_owned(), serde_json::from_str(&event.data)?);
    Ok(serde_json::to_string(&document)?)
}
