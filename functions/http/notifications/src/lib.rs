//! `/api/notifications`: what a person was told.

use domain::notification::{Notification, NotificationQuery};
use http::StatusCode;
use kit::{
    Answer, HttpRequest, HttpResponse, Problem, Request, Response, config, idempotency, session,
};
use serde::Serialize;
use spin_sdk::http_service;
use store::{Scope, notifications};
use uuid::Uuid;

#[http_service]
async fn handle(request: HttpRequest) -> HttpResponse {
    kit::serve(request, route).await
}

async fn route(request: &Request) -> Answer {
    match (request.method(), &*request.segments()) {
        ("GET", ["notifications"]) => list(request).await,
        (_, ["notifications"]) => Err(Problem::method_not_allowed(&["GET"])),
        ("POST", ["notifications", "read-all"]) => read_all(request).await,
        ("POST", ["notifications", id, "read"]) => read(request, id).await,
        (_, ["notifications", "read-all"] | ["notifications", _, "read"]) => {
            Err(Problem::method_not_allowed(&["POST"]))
        }
        _ => Err(Problem::not_found()),
    }
}

#[derive(Serialize)]
struct Page {
    items: Vec<Notification>,
    total: i64,
    page: u32,
    page_size: u32,
    unread: i64,
}

/// Shows a page.
async fn list(request: &Request) -> Answer {
    let session = session::require(request).await?;
    let query = NotificationQuery::parse(request.query())?;
    let db = config::database().await?;
    let scope = db.each(Some(session.user_id));
    let found = notifications::list(&scope, session.user_id, query, kit::now()).await?;
    let page = Page {
        items: found.items,
        total: found.total,
        page: query.page.number,
        page_size: query.page.size,
        unread: found.unread,
    };
    Response::json(StatusCode::OK, &page)
}

/// Marks one as read. Doing so again changes nothing.
async fn read(request: &Request, id: &str) -> Answer {
    let user = session::require(request).await?.user_id;
    let id = Uuid::try_parse(id).map_err(|_| none())?;
    let db = config::database().await?;
    idempotency::once(request, &db, user, async |scope: &Scope<'_>| {
        let found = notifications::mark_read(scope, user, id, kit::now()).await?;
        found.then(Response::no_content).ok_or_else(none)
    })
    .await
}

/// Marks all as read that the person can see.
async fn read_all(request: &Request) -> Answer {
    let user = session::require(request).await?.user_id;
    let db = config::database().await?;
    idempotency::once(request, &db, user, async |scope: &Scope<'_>| {
        notifications::mark_all_read(scope, user, kit::now()).await?;
        Ok(Response::no_content())
    })
    .await
}

fn none() -> Problem {
    Problem::new(
        kit::Kind::NOT_FOUND,
        "You have no notification with this id.",
    )
}
