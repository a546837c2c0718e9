//! A session as the caller gets it: two tokens, in cookies or in the body.

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{Transport, User};
use http::StatusCode;
use kit::session::keys;
use kit::token::{self, Claims};
use kit::{Problem, Request, Response};
use serde::Serialize;
use store::sessions::NewSession;
use uuid::Uuid;

use crate::cookies;
use crate::refresh_token::RefreshToken;

/// How long a session lives without being used.
pub(crate) const LIFETIME: TimeDelta = TimeDelta::days(30);

/// A new session, to be written down.
pub(crate) fn begin(user_id: Uuid, refresh: &RefreshToken, now: DateTime<Utc>) -> NewSession {
    NewSession {
        id: Uuid::now_v7(),
        user_id,
        family: refresh.family_hash(),
        secret: refresh.secret_hash(),
        created_at: now,
        expires_at: now + LIFETIME,
    }
}

#[derive(Serialize)]
struct Body<'a> {
    user: &'a User,
    #[serde(flatten)]
    tokens: Option<Tokens>,
}

#[derive(Serialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// Answers with the person and, by `transport`, a fresh access token and `refresh`.
pub(crate) async fn answer(
    request: &Request,
    status: StatusCode,
    transport: Transport,
    user: &User,
    session_id: Uuid,
    refresh: &RefreshToken,
) -> Result<Response, Problem> {
    let iat = kit::now().timestamp();
    let claims = Claims {
        sub: user.id,
        sid: session_id,
        iat,
        exp: iat + token::LIFETIME,
    };
    let access = keys().await?.sign(&claims);
    let refresh = refresh.to_text();
    match transport {
        Transport::Token => {
            let tokens = Tokens {
                access_token: access,
                refresh_token: refresh,
                token_type: "Bearer",
                expires_in: token::LIFETIME,
            };
            Response::json(
                status,
                &Body {
                    user,
                    tokens: Some(tokens),
                },
            )
        }
        Transport::Cookie => {
            let response = Response::json(status, &Body { user, tokens: None })?;
            let (short, long) = (token::LIFETIME, LIFETIME.num_seconds());
            let response = cookies::set(response, request, cookies::ACCESS, &access, short)?;
            cookies::set(response, request, cookies::REFRESH, &refresh, long)
        }
    }
}
