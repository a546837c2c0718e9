//! What the outbox is told of accounts.

use chrono::{DateTime, Utc};
use domain::event::{Event, EventKind};
use kit::{Problem, Request};
use serde::Serialize;
use serde_json::value::to_raw_value;
use uuid::Uuid;

/// An event about a person's account. Its payload has no address and no token:
/// topics have more readers than tables.
pub(crate) fn event(
    request: &Request,
    kind: EventKind,
    user_id: Uuid,
    now: DateTime<Utc>,
    payload: &impl Serialize,
) -> Result<Event, Problem> {
    let payload = to_raw_value(payload)
        .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))?;
    Ok(Event {
        id: Uuid::now_v7(),
        kind,
        subject: user_id,
        user_id,
        time: now,
        traceparent: request.traceparent().map(str::to_owned),
        payload,
    })
}

/// The payload of what happens to a session.
#[derive(Serialize)]
pub(crate) struct SessionPayload {
    pub(crate) session_id: Uuid,
}
