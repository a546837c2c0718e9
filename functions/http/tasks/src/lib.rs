//! `/api/tasks`: a person's tasks.

mod change;
mod create;
mod events;
mod list;
mod read;

use domain::task::Status;
use kit::{Answer, HttpRequest, HttpResponse, Problem, Request};
use spin_sdk::http_service;
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", ["tasks"]) => list::list(request).await,
        ("POST", ["tasks"]) => create::create(request).await,
        (_, ["tasks"]) => Err(Problem::method_not_allowed(&["GET", "POST"])),

        ("GET", ["tasks", id]) => read::read(request, task_id(id)?).await,
        ("PUT", ["tasks", id]) => change::put(request, task_id(id)?).await,
        ("PATCH", ["tasks", id]) => change::patch(request, task_id(id)?).await,
        ("DELETE", ["tasks", id]) => change::delete(request, task_id(id)?).await,
        (_, ["tasks", _]) => Err(Problem::method_not_allowed(&[
            "GET", "PUT", "PATCH", "DELETE",
        ])),

        ("POST", ["tasks", id, "complete"]) => {
            change::set_status(request, task_id(id)?, Status::Completed).await
        }
        ("POST", ["tasks", id, "reopen"]) => {
            change::set_status(request, task_id(id)?, Status::Open).await
        }
        (_, ["tasks", _, "complete" | "reopen"]) => Err(Problem::method_not_allowed(&["POST"])),

        ("GET", ["tasks", id, "events"]) => events::list(request, task_id(id)?).await,
        (_, ["tasks", _, "events"]) => Err(Problem::method_not_allowed(&["GET"])),

        _ => Err(Problem::not_found()),
    }
}

/// What is no id is nobody's task.
fn task_id(segment: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(segment).map_err(|_| no_task())
}

/// There is no such task for this person.
fn no_task() -> Problem {
    Problem::new(kit::Kind::NOT_FOUND, "You have no task with this id.")
}

/// Events of a change, with fresh ids.
fn events_of(
    request: &Request,
    change: &domain::task::Change,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<domain::event::Event>, Problem> {
    change
        .events(now, request.traceparent(), Uuid::now_v7)
        .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))
}
