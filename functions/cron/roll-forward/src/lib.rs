//! Makes the tasks of series as time passes.
//!
//! What is due within a day is made; what was missed, by days without this function
//! too, is made or skipped as the series' mode says. Whoever else makes the same task
//! at the same time finds the date taken, and nothing is told twice.

use chrono::{DateTime, Utc};
use domain::series::{self as domain_series, NewTask, Plan, Series};
use kit::{HttpRequest, HttpResponse, Problem, Request, log, tick};
use spin_sdk::http_service;
use store::{Scope, series};
use uuid::Uuid;

/// How many series one transaction locks.
const BATCH: usize = 50;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    tick::serve(request, async |tick| {
        let request = tick.request();
        tick.in_batches(async |scope: &Scope<'_>| batch(request, scope).await)
            .await
    })
    .await
}

/// Goes forward with some series. `true`: there may be more.
async fn batch(request: &Request, scope: &Scope<'_>) -> Result<bool, Problem> {
    let now = kit::now();
    let claimed = series::claim_due(scope, now, BATCH).await?;
    for error in &claimed.unreadable {
        log::error(request.id(), &error.to_string());
    }
    let more = claimed.count() == BATCH && !claimed.series.is_empty();
    for series in claimed.series {
        roll_forward(request, scope, series, now).await?;
    }
    Ok(more)
}

async fn roll_forward(
    request: &Request,
    scope: &Scope<'_>,
    mut series: Series,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let plan = series.roll_forward(now);
    series.progress = plan.progress;
    let tasks = announced(&series, &plan, now, request.traceparent())
        .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))?;
    Ok(series::advance(scope, &series, plan.skipped, &tasks, now).await?)
}

/// The tasks of the plan, each with the event that the series has made it.
fn announced(
    series: &Series,
    plan: &Plan,
    now: DateTime<Utc>,
    traceparent: Option<&str>,
) -> Result<Vec<NewTask>, serde_json::Error> {
    let mut tasks = series.new_tasks(plan, now, traceparent, Uuid::now_v7)?;
    for (new, occurrence) in tasks.iter_mut().zip(&plan.make) {
        let id = Uuid::now_v7();
        let event = domain_series::due(series, &new.task, *occurrence, now, traceparent, id)?;
        new.events.push(event);
    }
    Ok(tasks)
}
