//! `GET /api/recurring-tasks`.

use domain::query::Page;
use domain::series::SeriesView;
use http::StatusCode;
use kit::{Answer, Request, Response, config, session};
use serde::Serialize;
use store::series;

#[derive(Serialize)]
struct List<'a> {
    items: Vec<SeriesView<'a>>,
    total: i64,
    page: u32,
    page_size: u32,
}

/// Shows a page of series, in the order in which they were made.
pub(crate) async fn list(request: &Request) -> Answer {
    let session = session::require(request).await?;
    let page = Page::parse(request.query())?;
    let db = config::database().await?;
    let scope = db.each(Some(session.user_id));
    let found = series::list(&scope, session.user_id, page).await?;
    let list = List {
        items: found.items.iter().map(SeriesView).collect(),
        total: found.total,
        page: page.number,
        page_size: page.size,
    };
    Response::json(StatusCode::OK, &list)
}
