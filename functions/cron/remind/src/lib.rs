//! Writes ahead what is to be told in the next minute and a half: reminders, and tasks
//! that become due soon or overdue.
//!
//! It is called each minute, and looks further than that, so that each event lies in
//! the outbox before its instant and is sent to the second. What a change sets for
//! sooner, the change itself has written. What came while nobody was there is
//! written when somebody is again, once.

use std::cell::Cell;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::reminder::{self, Turn};
use kit::tick::{self, Tick};
use kit::{HttpRequest, HttpResponse, Problem};
use spin_sdk::http_service;
use store::reminders::{self, Planned, Span};
use store::{Scope, outbox};
use uuid::Uuid;

/// How many events one transaction writes.
const BATCH: i64 = 200;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    tick::serve(request, async |tick| {
        // Reminders first: theirs are the instants that somebody chose.
        write(tick, What::Reminders).await?;
        for turn in Turn::ALL {
            write(tick, What::Timed(turn)).await?;
            write(tick, What::AllDay(turn)).await?;
        }
        Ok(())
    })
    .await
}

/// What is written ahead.
#[derive(Clone, Copy)]
enum What {
    /// Reminders that were set.
    Reminders,
    /// A turn of tasks that are due at an instant.
    Timed(Turn),
    /// A turn of tasks that are due on a day.
    AllDay(Turn),
}

impl What {
    /// From when on it is still told at `now`. A reminder is, however late.
    fn from(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Reminders => DateTime::UNIX_EPOCH,
            Self::Timed(turn) | Self::AllDay(turn) => now - turn.patience(),
        }
    }
}

/// Writes what there is of one sort, batch by batch.
async fn write(tick: &Tick<'_>, what: What) -> Result<(), Problem> {
    let traceparent = tick.request().traceparent();
    let now = kit::now();
    // Each batch begins where the one before ended, so that none walks the way again.
    let from = Cell::new(what.from(now));
    tick.in_batches(async |scope: &Scope<'_>| {
        let span = Span {
            from: from.get(),
            until: now + reminder::AHEAD,
        };
        let planned = take(scope, what, span, now).await?;
        let events = planned
            .iter()
            .map(|planned| event(what, planned, now, traceparent))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))?;
        if let Some(last) = planned.last() {
            from.set(last.at);
            outbox::append(scope, &events).await?;
        }
        Ok(i64::try_from(events.len()) == Ok(BATCH))
    })
    .await
}

async fn take(
    scope: &Scope<'_>,
    what: What,
    span: Span,
    now: DateTime<Utc>,
) -> Result<Vec<Planned>, store::Error> {
    match what {
        What::Reminders => reminders::take_reminders(scope, span, now, BATCH).await,
        What::Timed(turn) => reminders::take_timed(scope, turn, span, now, BATCH).await,
        What::AllDay(turn) => reminders::take_all_day(scope, turn, span, now, BATCH).await,
    }
}

fn event(
    what: What,
    planned: &Planned,
    now: DateTime<Utc>,
    traceparent: Option<&str>,
) -> Result<Event, serde_json::Error> {
    let Planned { at, task } = planned;
    let id = Uuid::now_v7();
    let mut event = match what {
        What::Reminders => reminder::due(task, *at, id, now),
        What::Timed(turn) | What::AllDay(turn) => turn.event(task, *at, id, now),
    }?;
    event.traceparent = traceparent.map(str::to_owned);
    Ok(event)
}
