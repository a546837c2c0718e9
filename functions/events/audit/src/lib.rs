//! Keeps the log of what happened to tasks, series and accounts.
//!
//! An event of a kind that is not known here is refused, not ignored: it becomes a
//! dead letter, from where it can be logged once this function knows the kind.

use domain::account::event::{self as account, LOGGED_IN, LOGGED_OUT, SIGNED_UP};
use domain::event::recurring::{self, Series};
use domain::event::{Envelope, EventKind};
use domain::task::{TaskPayload, kinds as task};
use kit::event::{CloudEvent, failed, misfit};
use kit::{HttpRequest, HttpResponse, Kind, Problem};
use spin_sdk::http_service;
use store::Scope;
use store::event_log::{self, Entry};
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::event::serve(request, "audit", read, write).await
}

/// Which log an event belongs to.
enum Log {
    /// That of this task or series.
    Task(Uuid),
    /// That of the person's account.
    Account,
}

fn read(event: &CloudEvent) -> Result<Option<(Log, Entry)>, Problem> {
    let kind = event.kind().ok_or_else(|| unknown(event.type_name()))?;
    let envelope = event.envelope(kind)?;
    let log = log(kind, &envelope)?;
    let entry = Entry {
        event_id: envelope.event_id,
        user_id: envelope.user_id,
        kind: kind.name,
        happened_at: envelope.happened_at(),
        payload: envelope.payload,
    };
    Ok(Some((log, entry)))
}

/// Reads the payload as what the kind's schema describes, so that nothing else comes
/// into the log.
fn log(kind: EventKind, envelope: &Envelope) -> Result<Log, Problem> {
    match kind {
        task::CREATED | task::UPDATED | task::COMPLETED | task::REOPENED | task::DELETED => {
            envelope
                .payload()
                .map(|task: TaskPayload| Log::Task(task.id))
        }
        recurring::CREATED | recurring::UPDATED | recurring::DELETED => envelope
            .payload()
            .map(|series: Series| Log::Task(series.id)),
        SIGNED_UP => envelope.payload().map(|_: account::SignedUp| Log::Account),
        LOGGED_IN => envelope.payload().map(|_: account::LoggedIn| Log::Account),
        LOGGED_OUT => envelope.payload().map(|_: account::LoggedOut| Log::Account),
        kind => return Err(unknown(kind.name)),
    }
    .map_err(misfit)
}

async fn write(scope: &Scope<'_>, (log, entry): (Log, Entry)) -> Result<(), Problem> {
    match log {
        Log::Task(subject) => event_log::append_of_task(scope, subject, &entry).await,
        Log::Account => event_log::append_of_account(scope, &entry).await,
    }
    .map_err(failed)
}

fn unknown(name: &str) -> Problem {
    let detail = format!("There is no log for events of the type {name:?}.");
    Problem::new(Kind::INVALID_FIELDS, detail)
}
