//! `POST /api/auth/refresh`.

use domain::account::{Transport, refresh_token};
use http::StatusCode;
use kit::{Answer, Problem, Request, config, origin};
use store::sessions;

use crate::refresh_token::RefreshToken;
use crate::{cookies, session};

/// Exchanges a refresh token for a new one and an access token. One that was
/// exchanged before ends its session: either the caller or somebody else has a
/// stolen copy, and there is no telling who.
pub(crate) async fn refresh(request: &Request) -> Answer {
    let (text, transport) = match in_body(request)? {
        Some(text) => (Some(text), Transport::Token),
        None => (
            request.cookie(cookies::REFRESH).map(str::to_owned),
            Transport::Cookie,
        ),
    };
    let by_cookie = transport == Transport::Cookie && text.is_some();
    origin::check(
        request,
        &config::variable("allowed_origins").await?,
        by_cookie,
    )?;
    let text = text.ok_or_else(|| {
        Problem::not_signed_in("Send the refresh token: as `refresh_token` or as cookie.")
    })?;
    let token = RefreshToken::parse(&text).ok_or_else(ended)?;
    let next = token.next()?;
    let db = config::database().await?;
    let now = kit::now();
    let family = token.family_hash();
    let rotated = sessions::rotate(
        &db.each(None),
        &family,
        &token.secret_hash(),
        &next.secret_hash(),
        now,
        now + session::LIFETIME,
    )
    .await?;
    let Some((session_id, user)) = rotated else {
        sessions::revoke_family(&db.each(None), &family, now).await?;
        return Err(ended());
    };
    session::answer(request, StatusCode::OK, transport, &user, session_id, &next).await
}

/// The token in the body, where there is a body.
pub(crate) fn in_body(request: &Request) -> Result<Option<String>, Problem> {
    if request.body().is_empty() {
        return Ok(None);
    }
    Ok(refresh_token(request.json()?)?)
}

fn ended() -> Problem {
    Problem::not_signed_in("This refresh token is not valid any more: log in again.")
}
