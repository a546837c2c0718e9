//! `/api/auth/me`: the person who is signed in.

use domain::account::ProfilePatch;
use http::StatusCode;
use kit::{Answer, Problem, Request, Response, config};
use store::users;

/// Who is signed in.
pub(crate) async fn get(request: &Request) -> Answer {
    let session = kit::session::require(request).await?;
    let db = config::database().await?;
    let user = users::by_id(&db.each(None), session.user_id)
        .await?
        .ok_or_else(gone)?;
    Response::json(StatusCode::OK, &user)
}

/// Changes what the person may change about themselves (RFC 7396).
pub(crate) async fn patch(request: &Request) -> Answer {
    let session = kit::session::require(request).await?;
    let mut patch = ProfilePatch::of(request.json()?)?;
    let db = config::database().await?;
    if let Some(name) = &patch.time_zone {
        let known = users::time_zone(&db.each(None), name).await?;
        patch.time_zone = Some(known.ok_or_else(ProfilePatch::unknown_time_zone)?);
    }
    let user = users::update(&db.each(None), session.user_id, &patch, kit::now()).await?;
    Response::json(StatusCode::OK, &user.ok_or_else(gone)?)
}

/// The token outlived its account.
fn gone() -> Problem {
    Problem::not_signed_in("This account does not exist any more.")
}
