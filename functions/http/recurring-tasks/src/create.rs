//! `POST /api/recurring-tasks`.

use domain::series::{Change, SeriesView};
use http::{StatusCode, header};
use kit::{Answer, Problem, Request, Response, config, idempotency, session};
use store::{Error, Scope, series, tasks};
use uuid::Uuid;

/// Makes a series, and the first of its tasks with it.
pub(crate) async fn create(request: &Request) -> Answer {
    let session = session::require(request).await?;
    let body = request.json()?;
    let user = session.user_id;
    let db = config::database().await?;
    idempotency::once(request, &db, user, async |scope: &Scope<'_>| {
        let fields = crate::fields(scope, user, body).await?;
        let now = kit::now();
        let (change, plan) = Change::create(Uuid::now_v7(), user, fields, now);
        let event = crate::event_of(request, &change, now)?;
        let series = &change.series;
        let made = series
            .new_tasks(&plan, now, request.traceparent(), Uuid::now_v7)
            .map_err(crate::unwritable)?;
        series::create(scope, series, &[event])
            .await
            .map_err(without_person)?;
        tasks::create_occurrences(scope, &made).await?;
        let location = format!("{}/recurring-tasks/{}", request.base(), series.id);
        Response::json(StatusCode::CREATED, &SeriesView(series))?
            .with_version(series.version)
            .with_text_header(header::LOCATION, location)
    })
    .await
}

fn without_person(error: Error) -> Problem {
    match error {
        Error::MissingReference { .. } => crate::no_person(),
        error => error.into(),
    }
}
