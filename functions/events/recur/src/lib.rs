//! Makes the next task of a series when one is done, or deleted.
//!
//! The event's id commits with the task, and a series has one task for a date: what
//! is delivered again makes nothing again.

use chrono::{DateTime, NaiveDate, Utc};
use domain::event::{Envelope, EventKind};
use domain::task::{Status, TaskPayload, kinds as task};
use kit::event::{CloudEvent, failed, misfit};
use kit::{HttpRequest, HttpResponse, Problem};
use spin_sdk::http_service;
use store::{Scope, series};
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::event::serve(request, "recur", read, make_next).await
}

/// A date of a series whose task was done or is gone.
struct Settled {
    user: Uuid,
    series: Uuid,
    on: NaiveDate,
    at: DateTime<Utc>,
    traceparent: Option<String>,
}

fn read(event: &CloudEvent) -> Result<Option<Settled>, Problem> {
    let Some(kind @ (task::COMPLETED | task::DELETED)) = event.kind() else {
        return Ok(None);
    };
    let envelope = event.envelope(kind)?;
    let task: TaskPayload = envelope.payload().map_err(misfit)?;
    let traceparent = event.traceparent().map(str::to_owned);
    Ok(settled(kind, &envelope, &task, traceparent))
}

/// `None`: the task is of no series, or settled its date before.
fn settled(
    kind: EventKind,
    envelope: &Envelope,
    task: &TaskPayload,
    traceparent: Option<String>,
) -> Option<Settled> {
    let (series, on) = (task.recurring_task_id?, task.occurrence_on?.0);
    if kind == task::DELETED && task.status == Status::Completed {
        return None;
    }
    let done_at = task.completed_at.map(|at| at.0);
    Some(Settled {
        user: envelope.user_id,
        series,
        on,
        at: done_at.unwrap_or(envelope.happened_at()),
        traceparent,
    })
}

async fn make_next(scope: &Scope<'_>, settled: Settled) -> Result<(), Problem> {
    let found = series::find_for_update(scope, settled.user, settled.series).await;
    // A series that was deleted makes nothing more.
    let Some(mut series) = found.map_err(failed)? else {
        return Ok(());
    };
    let now = kit::now();
    let plan = series.settled(settled.on, settled.at, now);
    if plan.progress == series.progress {
        return Ok(());
    }
    series.progress = plan.progress;
    let tasks = series
        .new_tasks(&plan, now, settled.traceparent.as_deref(), Uuid::now_v7)
        .map_err(|error| Problem::internal(format!("an event can't be written: {error}")))?;
    let written = series::advance(scope, &series, plan.skipped, &tasks, now).await;
    written.map_err(failed)
}

#[cfg(test)]
mod tests;
