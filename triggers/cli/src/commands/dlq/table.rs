//! Dead letters in `spindrift.dead_letters`.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use spindrift_outbox::dead_letters::{self, DeadLetter, Filter};
use tokio_postgres::Client;

use super::{Line, Told};
use crate::args::DlqFilter;

/// The newest that are wanted.
pub(super) async fn lines(client: &Client, wanted: &Filter, limit: i64) -> Result<Vec<Line>> {
    let letters = dead_letters::list(client, wanted, limit).await?;
    Ok(letters.iter().map(line).collect())
}

/// Everything that it carries.
pub(super) async fn show(client: &Client, number: i64) -> Result<Value> {
    let wanted = wanted(vec![number], &DlqFilter::default());
    let letters = dead_letters::list(client, &wanted, 1).await?;
    let letter = letters.first().with_context(|| {
        format!("there is no dead letter {number}: `spindrift dlq list` shows those that there are")
    })?;
    let json = |text: &str| serde_json::from_str::<Value>(text);
    Ok(json!({
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
    }))
}

pub(super) fn wanted(ids: Vec<i64>, filter: &DlqFilter) -> Filter {
    Filter {
        // Who names numbers means them, replayed before or not.
        replayed: filter.replayed || !ids.is_empty(),
        ids,
        topic: filter.topic.clone(),
        ty: filter.ty.clone(),
        event_id: filter.event_id.clone(),
        since: filter.since,
        before: filter.before,
    }
}

fn line(letter: &DeadLetter) -> Line {
    let attributes: Option<Value> = serde_json::from_str(&letter.attributes).ok();
    let ty = attributes
        .as_ref()
        .and_then(|all| all.get("type")?.as_str());
    Line::from(Told {
        letter: letter.id.to_string(),
        died_at: Some(letter.died_at),
        topic: &letter.topic,
        ty: ty.unwrap_or("?"),
        consumer: &letter.consumer,
        reason: &letter.reason,
        attempts: letter.attempts.to_string(),
        replayed: letter.replayed_at.is_some(),
    })
}
