//! `POST /api/auth/logout`.

use domain::account::event::LoggedOut;
use http::header;
use kit::{Answer, Problem, Request, Response, config, origin};
use store::{outbox, sessions};
use uuid::Uuid;

use crate::refresh::in_body;
use crate::refresh_token::RefreshToken;
use crate::{cookies, events};

/// What says which session is meant.
enum Named {
    /// A refresh token of it, new or old.
    Family(RefreshToken),
    /// An access token of it.
    Session { user_id: Uuid, session_id: Uuid },
    /// Nothing that could be one's.
    Nobody,
}

/// Ends a session and takes its cookies away. When it has ended before, or there is
/// none, that is what was wanted.
pub(crate) async fn log_out(request: &Request) -> Answer {
    let named = named(request).await?;
    let db = config::database().await?;
    let now = kit::now();
    db.transaction(None, async |scope| {
        let ended = match &named {
            Named::Family(token) => {
                sessions::revoke_family(scope, &token.family_hash(), now).await?
            }
            Named::Session {
                user_id,
                session_id,
            } => sessions::revoke(scope, *user_id, *session_id, now).await?,
            Named::Nobody => None,
        };
        if let Some((session_id, user_id)) = ended {
            let payload = LoggedOut { session_id };
            let event = events::event(request, user_id, now, &payload)?;
            outbox::append(scope, &[event]).await?;
        }
        Ok::<_, Problem>(())
    })
    .await?;
    let response = Response::no_content();
    if cookies::are_in(request) {
        cookies::clear(response, request)
    } else {
        Ok(response)
    }
}

/// Looks at the body, then the Bearer token, then the cookies: what is sent on
/// purpose goes before what a browser sends by itself.
async fn named(request: &Request) -> Result<Named, Problem> {
    let text = in_body(request)?;
    let bearer = request.headers().contains_key(header::AUTHORIZATION);
    let by_cookie = text.is_none() && !bearer && cookies::are_in(request);
    origin::check(
        request,
        &config::variable("allowed_origins").await?,
        by_cookie,
    )?;
    let text = match &text {
        Some(text) => Some(text.as_str()),
        None if bearer => None,
        None => request.cookie(cookies::REFRESH),
    };
    if let Some(text) = text {
        return Ok(RefreshToken::parse(text).map_or(Named::Nobody, Named::Family));
    }
    if bearer || by_cookie {
        let session = kit::session::require(request).await?;
        return Ok(Named::Session {
            user_id: session.user_id,
            session_id: session.session_id,
        });
    }
    Ok(Named::Nobody)
}
