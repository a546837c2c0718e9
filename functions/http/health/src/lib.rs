//! `/health`: 200 only when the database answers.

use std::time::Instant;

use http::StatusCode;
use kit::{Answer, HttpRequest, HttpResponse, Problem, Request, Response, config};
use serde::Serialize;
use spin_sdk::http_service;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", ["health"]) => health().await,
        (_, ["health"]) => Err(Problem::method_not_allowed(&["GET"])),
        _ => Err(Problem::not_found()),
    }
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    database: Database,
}

#[derive(Serialize)]
struct Database {
    status: &'static str,
    latency_ms: f64,
}

async fn health() -> Answer {
    let start = Instant::now();
    let db = config::database().await?;
    store::health::ping(&db).await?;
    let latency_ms = micros_in_ms(start.elapsed());
    let database = Database {
        status: "ok",
        latency_ms,
    };
    Response::json(
        StatusCode::OK,
        &Health {
            status: "ok",
            database,
        },
    )
}

/// Milliseconds with three digits behind the point.
fn micros_in_ms(elapsed: std::time::Duration) -> f64 {
    (elapsed.as_secs_f64() * 1e6).round() / 1e3
}
