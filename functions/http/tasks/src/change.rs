//! What changes a task: PUT, PATCH, DELETE, complete, reopen.

use chrono::{DateTime, Utc};
use domain::task::{Change, Status, Task, TaskFields};
use http::StatusCode;
use kit::{Answer, IfMatch, Problem, Request, Response, config, idempotency, session};
use store::tasks::{self, Found};
use store::{Db, Scope};
use uuid::Uuid;

/// Replaces what a person may write.
pub(crate) async fn put(request: &Request, id: Uuid) -> Answer {
    let (user, db) = begin(request).await?;
    let fields = TaskFields::parse(request.json()?)?;
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        modify(request, scope, id, |task, now| {
            Ok(Change::write(task, fields, now))
        })
        .await
    })
    .await
}

/// Applies a JSON merge patch (RFC 7396).
pub(crate) async fn patch(request: &Request, id: Uuid) -> Answer {
    let (user, db) = begin(request).await?;
    let patch = request.json()?;
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        modify(request, scope, id, |task, now| {
            let fields = task.fields.clone().merged(patch)?;
            Ok(Change::write(task, fields, now))
        })
        .await
    })
    .await
}

/// Completes or reopens a task. Doing so again changes nothing.
pub(crate) async fn set_status(request: &Request, id: Uuid, status: Status) -> Answer {
    let (user, db) = begin(request).await?;
    idempotency::once(request, &db, user, async |scope: &Scope<'_>| {
        modify(request, scope, id, |task, now| {
            Ok(Change::set_status(task, status, now))
        })
        .await
    })
    .await
}

/// Deletes a task.
pub(crate) async fn delete(request: &Request, id: Uuid) -> Answer {
    let (user, db) = begin(request).await?;
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        let now = kit::now();
        let found = find(request, scope, id, now).await?;
        let change = Change::delete(found.task);
        let events = crate::events_of(request, &change, now)?;
        tasks::delete(scope, &change.task, &events).await?;
        Ok(Response::no_content())
    })
    .await
}

async fn begin(request: &Request) -> Result<(Uuid, Db), Problem> {
    let session = session::require(request).await?;
    Ok((session.user_id, config::database().await?))
}

/// Finds the task, lets `change` change it, and writes it with its events if it
/// did. Answers with the task as it is then.
async fn modify(
    request: &Request,
    scope: &Scope<'_>,
    id: Uuid,
    change: impl FnOnce(&Task, DateTime<Utc>) -> Result<Option<Change>, Problem>,
) -> Answer {
    let now = kit::now();
    let mut found = find(request, scope, id, now).await?;
    if let Some(change) = change(&found.task, now)? {
        let events = crate::events_of(request, &change, now)?;
        tasks::update(scope, &change.task, &events).await?;
        found.task = change.task;
    }
    Ok(Response::json(StatusCode::OK, &found.view(now))?.with_version(found.task.version))
}

/// The task, locked, if it is the version that the caller wants to change.
async fn find(
    request: &Request,
    scope: &Scope<'_>,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Found, Problem> {
    let expected = IfMatch::of(request)?;
    // The transaction names the user; a scope without one finds nothing.
    let user = scope.user().ok_or_else(crate::no_task)?;
    let found = tasks::find_for_update(scope, user, id, now)
        .await?
        .ok_or_else(crate::no_task)?;
    expected.check(found.task.version)?;
    Ok(found)
}
