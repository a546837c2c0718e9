//! What changes a series: PUT and DELETE.

use chrono::{DateTime, Utc};
use domain::series::{Change, Made, OpenTask, Revision, Series, SeriesView};
use domain::task::{self, Task};
use http::StatusCode;
use kit::{Answer, IfMatch, Problem, Request, Response, config, session};
use store::tasks::TasksOfSeries;
use store::{Scope, series, tasks};
use uuid::Uuid;

/// Replaces what a person may write, and brings the tasks that are not done in line.
pub(crate) async fn put(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let body = request.json()?;
    let user = session.user_id;
    let db = config::database().await?;
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        let fields = crate::fields(scope, user, body).await?;
        let found = find(request, scope, user, id).await?;
        let made = tasks::of_series(scope, user, id).await?;
        let open = open(&made);
        let now = kit::now();
        let made_so_far = Made {
            open: &open,
            done_on: made.done_on,
        };
        let series = match Change::write(&found, fields, made_so_far, now) {
            Some((change, revision)) => {
                write(request, scope, &change, &revision, made, now).await?;
                change.series
            }
            None => found,
        };
        Ok(Response::json(StatusCode::OK, &SeriesView(&series))?.with_version(series.version))
    })
    .await
}

/// Deletes a series. The tasks that it made stay.
pub(crate) async fn delete(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let user = session.user_id;
    let db = config::database().await?;
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        let change = Change::delete(find(request, scope, user, id).await?);
        let event = crate::event_of(request, &change, kit::now())?;
        series::delete(scope, &change.series, &[event]).await?;
        Ok(Response::no_content())
    })
    .await
}

/// The series, locked, if it is the version that the caller wants to change.
async fn find(
    request: &Request,
    scope: &Scope<'_>,
    user: Uuid,
    id: Uuid,
) -> Result<Series, Problem> {
    let expected = IfMatch::of(request)?;
    let found = series::find_for_update(scope, user, id)
        .await?
        .ok_or_else(crate::no_series)?;
    expected.check(found.version)?;
    Ok(found)
}

fn open(made: &TasksOfSeries) -> Vec<OpenTask> {
    let open = made.open.iter().filter_map(|task| {
        Some(OpenTask {
            id: task.id,
            occurrence_on: task.occurrence_on?,
            fields: task.fields.clone(),
        })
    });
    open.collect()
}

/// Writes the series and what it asks for: first what goes, so that a date is free
/// for another task.
async fn write(
    request: &Request,
    scope: &Scope<'_>,
    change: &Change,
    revision: &Revision,
    made: TasksOfSeries,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let event = crate::event_of(request, change, now)?;
    let series = &change.series;
    let new = series
        .new_tasks(&revision.plan, now, request.traceparent(), Uuid::now_v7)
        .map_err(crate::unwritable)?;
    // None of the statements is the last one.
    scope.hold(true);
    series::update(scope, series, &[event]).await?;
    series::skip(scope, series, revision.plan.skipped, now).await?;
    for task in made.open {
        if revision.withdraw.contains(&task.id) {
            withdraw(request, scope, task, now).await?;
        } else {
            rewrite(request, scope, &task, revision, now).await?;
        }
    }
    Ok(tasks::create_occurrences(scope, &new).await?)
}

/// Deletes a task that the series does not ask for any more. It goes as a task of no
/// series: where a person deletes one, the series makes the next in its place.
async fn withdraw(
    request: &Request,
    scope: &Scope<'_>,
    mut task: Task,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    (task.recurring_task_id, task.occurrence_on) = (None, None);
    let change = task::Change::delete(task);
    let events = events_of(request, &change, now)?;
    Ok(tasks::delete(scope, &change.task, &events).await?)
}

/// Gives a task the fields that the revision has for it, if it has any.
async fn rewrite(
    request: &Request,
    scope: &Scope<'_>,
    task: &Task,
    revision: &Revision,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let fields = revision.rewrite.iter().find(|(id, _)| *id == task.id);
    let change = fields.and_then(|(_, fields)| task::Change::write(task, fields.clone(), now));
    if let Some(change) = change {
        let events = events_of(request, &change, now)?;
        tasks::update(scope, &change.task, &events).await?;
    }
    Ok(())
}

fn events_of(
    request: &Request,
    change: &task::Change,
    now: DateTime<Utc>,
) -> Result<Vec<domain::event::Event>, Problem> {
    let events = change.events(now, request.traceparent(), Uuid::now_v7);
    events.map_err(crate::unwritable)
}
