//! What the outbox is told of accounts.

use chrono::{DateTime, Utc};
use domain::event::{Event, Payload};
use kit::{Problem, Request};
use uuid::Uuid;

/// An event about a person's account.
pub(crate) fn event(
    request: &Request,
    user_id: Uuid,
    now: DateTime<Utc>,
    payload: &impl Payload,
) -> Result<Event, Problem> {
    let mut event = Event::new(Uuid::now_v7(), user_id, user_id, now, payload)
        .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))?;
    event.traceparent = request.traceparent().map(str::to_owned);
    Ok(event)
}
