//! Who is asking, found out as `kit` does: a signature is checked once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, StatusCode, header};
use chrono::Utc;
use kit::token::{Claims, Keys};
use uuid::Uuid;

use crate::answer::Failure;

/// The most tokens remembered.
const REMEMBERED: usize = 512;

/// The key, and the tokens that it was seen to have signed.
pub(crate) struct Sessions {
    keys: Keys,
    verified: Mutex<HashMap<Arc<str>, Claims>>,
}

impl Sessions {
    pub(crate) fn new(keys: Keys) -> Self {
        Self {
            keys,
            verified: Mutex::default(),
        }
    }

    /// The person whose Bearer token came with the request.
    pub(crate) fn user(&self, headers: &HeaderMap) -> Result<Uuid, Failure> {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| refused("there is no Bearer token"))?;
        let now = Utc::now().timestamp();
        let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claims) = verified.get(token).filter(|claims| claims.exp > now) {
            return Ok(claims.sub);
        }
        let claims = self
            .keys
            .verify(token, now)
            .map_err(|error| refused(error.to_string()))?;
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        let user = claims.sub;
        verified.insert(token.into(), claims);
        Ok(user)
    }
}

fn refused(detail: impl Into<String>) -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, detail)
}
