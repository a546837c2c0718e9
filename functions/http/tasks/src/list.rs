//! `GET /api/tasks`.

use domain::task::{TaskQuery, TaskView};
use http::StatusCode;
use kit::{Answer, Request, Response, config, session};
use serde::Serialize;
use store::tasks;

#[derive(Serialize)]
struct Page<'a> {
    items: Vec<TaskView<'a>>,
    total: i64,
    page: u32,
    page_size: u32,
}

/// Shows a page of tasks.
pub(crate) async fn list(request: &Request) -> Answer {
    let session = session::require(request).await?;
    let query = TaskQuery::parse(request.query())?;
    let now = kit::now();
    let db = config::database().await?;
    let scope = db.each(Some(session.user_id));
    let found = tasks::list(&scope, session.user_id, &query, now).await?;
    let page = Page {
        items: found.items.iter().map(|task| task.view(now)).collect(),
        total: found.total,
        page: query.page.number,
        page_size: query.page.size,
    };
    Response::json(StatusCode::OK, &page)
}
