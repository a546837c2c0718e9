//! `/api/stats`: how much a person has to do, and got done lately.

use domain::stats::{self, DayCount};
use http::StatusCode;
use kit::{Answer, HttpRequest, HttpResponse, Problem, Request, Response, config, session};
use serde::Serialize;
use spin_sdk::http_service;
use store::{event_log, tasks};

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", ["stats"]) => show(request).await,
        (_, ["stats"]) => Err(Problem::method_not_allowed(&["GET"])),
        _ => Err(Problem::not_found()),
    }
}

#[derive(Serialize)]
struct Stats {
    open: i64,
    completed: i64,
    overdue: i64,
    time_zone: String,
    days: Vec<DayCount>,
}

/// Counts what there is now from the tasks, and what happened from the event log,
/// which still knows of tasks that are gone.
async fn show(request: &Request) -> Answer {
    let session = session::require(request).await?;
    request.without_query()?;
    let user = session.user_id;
    let db = config::database().await?;
    let scope = db.each(Some(user));
    let counts = tasks::count(&scope, user, kit::now())
        .await?
        .ok_or_else(|| Problem::not_signed_in("This account does not exist any more."))?;
    let counted = event_log::by_day(&scope, user, stats::since(counts.today)).await?;
    let stats = Stats {
        open: counts.open,
        completed: counts.completed,
        overdue: counts.overdue,
        time_zone: counts.time_zone,
        days: stats::by_day(counts.today, counted),
    };
    Response::json(StatusCode::OK, &stats)
}
