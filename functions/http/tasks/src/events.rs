//! `GET /api/tasks/{id}/events`: what happened to a task, even to one that is gone.

use domain::query::Page;
use http::StatusCode;
use kit::{Answer, Request, Response, config, session};
use serde::Serialize;
use store::event_log::{self, Shown};
use uuid::Uuid;

#[derive(Serialize)]
struct Events {
    items: Vec<Shown>,
    total: i64,
    page: u32,
    page_size: u32,
}

/// Shows a page of a task's events.
pub(crate) async fn list(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let page = Page::parse(request.query())?;
    let db = config::database().await?;
    let scope = db.each(Some(session.user_id));
    let found = event_log::of_task(&scope, session.user_id, id, page)
        .await?
        .ok_or_else(crate::no_task)?;
    let events = Events {
        items: found.items,
        total: found.total,
        page: page.number,
        page_size: page.size,
    };
    Response::json(StatusCode::OK, &events)
}
