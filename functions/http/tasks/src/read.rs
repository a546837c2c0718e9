//! `GET /api/tasks/{id}`.

use http::StatusCode;
use kit::{Answer, Request, Response, config, session};
use store::tasks;
use uuid::Uuid;

/// Shows one task.
pub(crate) async fn read(request: &Request, id: Uuid) -> Answer {
    let session = session::require(request).await?;
    let now = kit::now();
    let db = config::database().await?;
    let scope = db.each(Some(session.user_id));
    let found = tasks::find(&scope, session.user_id, id, now)
        .await?
        .ok_or_else(crate::no_task)?;
    Ok(Response::json(StatusCode::OK, &found.view(now))?.with_version(found.task.version))
}
