//! One series, and when it occurs.

use domain::series::{OccurrencesQuery, OccurrencesView, Series, SeriesView};
use http::StatusCode;
use kit::{Answer, Problem, Request, Response, config, session};
use store::{Scope, series, tasks};
use uuid::Uuid;

/// `GET /api/recurring-tasks/{id}`.
pub(crate) async fn read(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let db = config::database().await?;
    let found = find(&db.each(Some(session.user_id)), session.user_id, id).await?;
    Ok(Response::json(StatusCode::OK, &SeriesView(&found))?.with_version(found.version))
}

/// `GET /api/recurring-tasks/{id}/occurrences`: those of a span of time, with the
/// tasks that were made of them.
pub(crate) async fn occurrences(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let query = OccurrencesQuery::parse(request.query())?;
    let user = session.user_id;
    let db = config::database().await?;
    let scope = db.each(Some(user));
    let series = find(&scope, user, id).await?;
    let occurrences = series.occurrences(query);
    let made = match (occurrences.first(), occurrences.last()) {
        (Some(first), Some(last)) => {
            tasks::ids_of_series(&scope, user, id, first.on, last.on).await?
        }
        _ => Vec::new(),
    };
    let view = OccurrencesView::of(&occurrences, |on| {
        let place = made.binary_search_by_key(&on, |(made_on, _)| *made_on);
        place.ok().map(|place| made[place].1)
    });
    Response::json(StatusCode::OK, &view)
}

async fn find(scope: &Scope<'_>, user: Uuid, id: Uuid) -> Result<Series, Problem> {
    let found = series::find(scope, user, id).await?;
    found.ok_or_else(crate::no_series)
}
