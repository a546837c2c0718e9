//! `/api/recurring-tasks`: a person's series, which make tasks.

mod change;
mod create;
mod list;
mod read;

use chrono::{DateTime, Utc};
use domain::event::Event;
use domain::series::{Change, SeriesFields};
use kit::{Answer, HttpRequest, HttpResponse, Problem, Request};
use spin_sdk::http_service;
use store::{Scope, calendar};
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", ["recurring-tasks"]) => list::list(request).await,
        ("POST", ["recurring-tasks"]) => create::create(request).await,
        (_, ["recurring-tasks"]) => Err(Problem::method_not_allowed(&["GET", "POST"])),

        ("GET", ["recurring-tasks", id]) => read::read(request, series_id(id)?).await,
        ("PUT", ["recurring-tasks", id]) => change::put(request, series_id(id)?).await,
        ("DELETE", ["recurring-tasks", id]) => change::delete(request, series_id(id)?).await,
        (_, ["recurring-tasks", _]) => Err(Problem::method_not_allowed(&["GET", "PUT", "DELETE"])),

        ("GET", ["recurring-tasks", id, "occurrences"]) => {
            read::occurrences(request, series_id(id)?).await
        }
        (_, ["recurring-tasks", _, "occurrences"]) => Err(Problem::method_not_allowed(&["GET"])),

        _ => Err(Problem::not_found()),
    }
}

/// What is no id is nobody's series.
fn series_id(segment: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(segment).map_err(|_| no_series())
}

/// There is no such series for this person.
fn no_series() -> Problem {
    let detail = "You have no recurring task with this id.";
    Problem::new(kit::Kind::NOT_FOUND, detail)
}

/// An access token can outlive its person by some minutes.
fn no_person() -> Problem {
    Problem::not_signed_in("This account does not exist.")
}

/// What the body says, in the person's own time zone where it names none.
async fn fields(
    scope: &Scope<'_>,
    user: Uuid,
    body: serde_json::Value,
) -> Result<SeriesFields, Problem> {
    let zone = calendar::time_zone(scope, user).await?;
    Ok(SeriesFields::parse(body, &zone.ok_or_else(no_person)?)?)
}

/// The event of a change, with a fresh id.
fn event_of(request: &Request, change: &Change, now: DateTime<Utc>) -> Result<Event, Problem> {
    let event = change.event(now, request.traceparent(), Uuid::now_v7());
    event.map_err(unwritable)
}

/// An event that is no JSON, which is a mistake of ours.
fn unwritable(error: impl std::fmt::Display) -> Problem {
    Problem::internal(format!("an event can't be written: {error}"))
}
