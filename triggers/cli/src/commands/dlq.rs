//! `spindrift dlq`

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use spindrift_database::{Reached, StateFolder, Target, reach};
use spindrift_outbox::dead_letters::{self, DeadLetter, Filter};
use tokio_postgres::Client;

use crate::args::{DlqArgs, DlqCommand, DlqFilter, DlqReplayArgs};
use crate::logging;
use crate::report::say;

/// Reads and replays the dead letters of the database that DATABASE_URL names, else
/// of the private one, whether `up` runs or not.
pub(super) async fn run(args: DlqArgs) -> Result<ExitCode> {
    let reporter = logging::start(&args.output)?;
    let (client, reached) = match args.database.direct_url() {
        Some(url) => {
            let target = Target::parse(url).context("DATABASE_URL")?;
            (target.connect().await?, None)
        }
        None => {
            let state = StateFolder::open_existing(&args.app.state_path())?.context(
                "there is no database yet: `spindrift up` makes one, or set DATABASE_URL",
            )?;
            let reached = reach(&state, &|line| reporter.progress(line)).await?;
            let url = reached.access().owner_url()?;
            (spindrift_database::connect(&url).await?, Some(reached))
        }
    };
    let done = act(&client, &args.command).await;
    drop(client);
    if let Some(reached) = reached {
        Reached::leave(reached).await?;
    }
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn act(client: &Client, command: &DlqCommand) -> Result<()> {
    match command {
        DlqCommand::List(args) => {
            let letters = dead_letters::list(client, &filter(&args.filter), args.limit).await?;
            list(&letters);
        }
        DlqCommand::Show(args) => show(client, args.number).await?,
        DlqCommand::Replay(args) => replay(client, args).await?,
    }
    Ok(())
}

fn filter(args: &DlqFilter) -> Filter {
    Filter {
        ids: Vec::new(),
        topic: args.topic.clone(),
        ty: args.ty.clone(),
        event_id: args.event_id.clone(),
        since: args.since,
        before: args.before,
        replayed: args.replayed,
    }
}

fn list(letters: &[DeadLetter]) {
    if letters.is_empty() {
        say("No dead letters");
    }
    for letter in letters {
        let DeadLetter {
            id,
            consumer,
            topic,
            reason,
            attempts,
            ..
        } = letter;
        let ty = attribute(letter, "type");
        let at = letter.died_at.format("%Y-%m-%dT%H:%M:%SZ");
        let again = if letter.replayed_at.is_some() {
            ", replayed"
        } else {
            ""
        };
        say(&format!(
            "{id}  {at}  {topic}  {ty}  {consumer}: {reason} ({attempts} attempts{again})"
        ));
    }
}

/// An attribute's text; a question mark where there is none.
fn attribute(letter: &DeadLetter, name: &str) -> String {
    let attributes: Option<serde_json::Value> = serde_json::from_str(&letter.attributes).ok();
    let value = attributes.as_ref().and_then(|all| all.get(name)?.as_str());
    value.unwrap_or("?").to_owned()
}

async fn show(client: &Client, number: i64) -> Result<()> {
    let wanted = Filter {
        ids: vec![number],
        replayed: true,
        ..Filter::default()
    };
    let letters = dead_letters::list(client, &wanted, 1).await?;
    let Some(letter) = letters.first() else {
        bail!("there is no dead letter {number}: `spindrift dlq list` shows those that there are");
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text);
    let document = serde_json::json!({
        "number": letter.id,
        "consumer": letter.consumer,
        "topic": letter.topic,
        "key": letter.key,
        "reason": letter.reason,
        "code": letter.code,
        "attempts": letter.attempts,
        "died_at": letter.died_at,
        "replayed_at": letter.replayed_at,
        "attributes": json(&letter.attributes)?,
        "data": json(&letter.data)?,
    });
    say(&serde_json::to_string_pretty(&document)?);
    Ok(())
}

async fn replay(client: &Client, args: &DlqReplayArgs) -> Result<()> {
    let wanted = Filter {
        ids: args.numbers.clone(),
        // Who names numbers means them, replayed before or not.
        replayed: args.filter.replayed || !args.numbers.is_empty(),
        ..filter(&args.filter)
    };
    let chosen = !wanted.ids.is_empty()
        || wanted.topic.is_some()
        || wanted.ty.is_some()
        || wanted.event_id.is_some()
        || wanted.since.is_some()
        || wanted.before.is_some();
    if !chosen && !args.all {
        bail!(
            "say which: numbers, --topic, --type, --event-id, --since or --before; or --all for every dead letter"
        );
    }
    if args.dry_run {
        list(&dead_letters::list(client, &wanted, i64::MAX).await?);
        return Ok(());
    }
    let count = dead_letters::replay(client, &wanted).await?;
    say(&format!("Replayed {count} dead letters"));
    Ok(())
}
