//! `POST /api/tasks`.

use domain::task::{Change, TaskFields};
use futures::future::join;
use http::{StatusCode, header};
use kit::{Answer, Problem, Request, Response, config, idempotency, session};
use store::{Error, Scope, calendar, tasks};
use uuid::Uuid;

/// Makes a task.
pub(crate) async fn create(request: &Request) -> Answer {
    let session = session::require(request).await?;
    let fields = TaskFields::parse(request.json()?)?;
    let user = session.user_id;
    let db = config::database().await?;
    idempotency::once(request, &db, user, async |scope: &Scope<'_>| {
        let now = kit::now();
        let change = Change::create(Uuid::now_v7(), user, fields, now);
        let events = crate::events_of(request, &change, now)?;
        let task = &change.task;
        // Only an all-day task asks for the date where its person lives.
        let today = async {
            match task.fields.all_day_on {
                Some(_) => calendar::today(scope, user, now).await,
                None => Ok(None),
            }
        };
        let (today, created) = join(today, tasks::create(scope, task, &events)).await;
        created.map_err(without_person)?;
        let location = format!("{}/tasks/{}", request.base(), task.id);
        let found = tasks::Found {
            today: today?,
            task: change.task,
        };
        Response::json(StatusCode::CREATED, &found.view(now))?
            .with_version(found.task.version)
            .with_text_header(header::LOCATION, location)
    })
    .await
}

/// An access token can outlive its person by some minutes.
fn without_person(error: Error) -> Problem {
    match error {
        Error::MissingReference { .. } => Problem::not_signed_in("This account does not exist."),
        error => error.into(),
    }
}
