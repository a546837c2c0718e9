//! Who is asking.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::Utc;
use http::header;
use uuid::Uuid;

use crate::token::{Claims, Keys, TokenError};
use crate::{Problem, Request, config, origin};

/// The signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The person's id.
    pub user_id: Uuid,
    /// The sign-in that the access token comes from.
    pub session_id: Uuid,
    /// How the token came.
    pub transport: Transport,
}

/// How an access token travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `Authorization: Bearer`.
    Bearer,
    /// The cookie `access`, which browsers send on their own.
    Cookie,
}

/// The session of a request. A write that a cookie signs has to come from an
/// allowed origin.
///
/// # Errors
///
/// `not-signed-in` (401) without a valid access token, `origin-not-allowed`
/// (403) for a foreign page.
pub async fn require(request: &Request) -> Result<Session, Problem> {
    let (token, transport) = access_token(request)
        .ok_or_else(|| Problem::not_signed_in("Send an access token, as Bearer or as cookie."))?;
    let claims = verify(token, keys().await?, Utc::now().timestamp())
        .map_err(|error| Problem::not_signed_in(format!("Sign in again: {error}.")))?;
    if transport == Transport::Cookie && !request.is_safe() {
        origin::check(request, &config::variable("allowed_origins").await?, true)?;
    }
    Ok(Session {
        user_id: claims.sub,
        session_id: claims.sid,
        transport,
    })
}

/// The application's key pair, from the variable `jwt_key`; made once per instance.
///
/// # Errors
///
/// `internal-error` when the variable is missing or no key.
pub async fn keys() -> Result<&'static Keys, Problem> {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    if let Some(keys) = KEYS.get() {
        return Ok(keys);
    }
    let keys = Keys::from_seed(&config::variable("jwt_key").await?)
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(KEYS.get_or_init(|| keys))
}

/// The token and how it came. A Bearer header wins: whoever sets one means it.
fn access_token(request: &Request) -> Option<(&str, Transport)> {
    if let Some(value) = request.header(header::AUTHORIZATION) {
        let (scheme, token) = value.split_once(' ')?;
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        return bearer.then_some((token.trim(), Transport::Bearer));
    }
    request
        .cookie("access")
        .map(|token| (token, Transport::Cookie))
}

/// Tokens whose signature this instance has checked already: a signature costs
/// more than everything else between the socket and the database.
static VERIFIED: Mutex<Option<HashMap<Arc<str>, Claims>>> = Mutex::new(None);

/// The most tokens remembered, some 400 bytes each.
const REMEMBERED: usize = 512;

fn verify(token: &str, keys: &Keys, now: i64) -> Result<Claims, TokenError> {
    let mut verified = VERIFIED.lock().unwrap_or_else(PoisonError::into_inner);
    let verified = verified.get_or_insert_default();
    if let Some(claims) = verified.get(token) {
        return if claims.exp <= now {
            Err(TokenError::Expired)
        } else {
            Ok(claims.clone())
        };
    }
    let claims = keys.verify(token, now)?;
    if verified.len() >= REMEMBERED {
        verified.retain(|_, claims| claims.exp > now);
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
    }
    verified.insert(token.into(), claims.clone());
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, Uri};

    fn with(name: header::HeaderName, value: &str) -> Request {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Request::new(
            Method::GET,
            Uri::from_static("/api/tasks"),
            headers,
            Bytes::new(),
        )
    }

    #[test]
    fn a_token_comes_as_bearer_or_as_cookie() {
        let bearer = with(header::AUTHORIZATION, "bearer abc");
        assert_eq!(access_token(&bearer), Some(("abc", Transport::Bearer)));
        let cookie = with(header::COOKIE, "theme=dark; access=abc; refresh=x");
        assert_eq!(access_token(&cookie), Some(("abc", Transport::Cookie)));
        assert_eq!(
            access_token(&with(header::AUTHORIZATION, "Basic abc")),
            None
        );
    }

    #[test]
    fn a_remembered_token_still_expires() {
        let keys = Keys::from_seed("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE").unwrap();
        let claims = Claims {
            sub: Uuid::nil(),
            sid: Uuid::nil(),
            iat: 0,
            exp: 100,
        };
        let token = keys.sign(&claims);
        assert_eq!(verify(&token, &keys, 50), Ok(claims));
        assert_eq!(verify(&token, &keys, 100), Err(TokenError::Expired));
    }
}
