//! `Idempotency-Key`: a request that is sent again is answered, not repeated.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};
use store::idempotency::{Claim, Name, Saved, claim, save};
use store::{Db, Scope};
use uuid::Uuid;

use crate::{Answer, Kind, Problem, Request, Response};

/// The headers that belong to an answer wherever and whenever it is given.
const KEPT: [HeaderName; 4] = [
    header::CONTENT_TYPE,
    header::CACHE_CONTROL,
    header::LOCATION,
    header::ETAG,
];

/// The longest key.
const LONGEST: usize = 255;

/// Runs `work` in one transaction, and at most once for each `Idempotency-Key` of
/// the person on this route: for 24 hours the first answer is given again. Only
/// what succeeded is kept: a failure changed nothing, so it may be tried again.
///
/// # Errors
///
/// `work`'s own; `idempotency-key-in-flight` while the first is under way;
/// `idempotency-key-reused` when the body differs; `invalid-parameter` for a key
/// that is none.
pub async fn once(
    request: &Request,
    db: &Db,
    user: Uuid,
    work: impl AsyncFnOnce(&Scope<'_>) -> Answer,
) -> Answer {
    let Some(key) = key(request)? else {
        return db.transaction(Some(user), work).await;
    };
    let route = format!("{} {}", request.method(), request.path());
    let name = Name {
        user,
        route: &route,
        key,
    };
    let fingerprint = Sha256::digest(request.body()).to_vec();
    db.transaction(Some(user), async |scope: &Scope<'_>| {
        match claim(scope, &name).await? {
            Claim::InFlight => Err(in_flight()),
            Claim::Answered(saved) if saved.fingerprint == fingerprint => replay(saved),
            Claim::Answered(_) => Err(reused()),
            Claim::Ours => {
                scope.hold(true);
                let answer = work(scope).await?;
                scope.hold(false);
                save(scope, &name, keep(&answer, fingerprint)).await?;
                Ok(answer)
            }
        }
    })
    .await
}

/// The key: 1 to 255 visible ASCII characters, taken as they are.
fn key(request: &Request) -> Result<Option<&str>, Problem> {
    let mut values = request.headers().get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or("");
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || text.len() > LONGEST || !visible || values.next().is_some() {
        return Err(Problem::invalid_parameter(
            "`Idempotency-Key` takes one value of 1 to 255 visible ASCII characters.",
        ));
    }
    Ok(Some(text))
}

fn keep(answer: &Response, fingerprint: Vec<u8>) -> Saved {
    let header = |name: &HeaderName| {
        let value = answer.headers().get(name)?.to_str().ok()?;
        Some((name.to_string(), value.to_owned()))
    };
    Saved {
        fingerprint,
        status: answer.status().as_u16(),
        headers: KEPT.iter().filter_map(header).collect::<BTreeMap<_, _>>(),
        body: answer.body().to_vec(),
    }
}

fn replay(saved: Saved) -> Answer {
    let broken = |_| Problem::internal("a saved answer can't be given again");
    let status = StatusCode::from_u16(saved.status).map_err(|error| broken(error.to_string()))?;
    let mut response = Response::new(status);
    response.body = saved.body.into();
    for name in KEPT {
        if let Some(value) = saved.headers.get(name.as_str()) {
            let value = HeaderValue::from_str(value).map_err(|error| broken(error.to_string()))?;
            response = response.with_header(name, value);
        }
    }
    Ok(response)
}

fn in_flight() -> Problem {
    let detail = "The first request with this key is still under way.";
    Problem::new(Kind::IDEMPOTENCY_KEY_IN_FLIGHT, detail).retry_after(1)
}

fn reused() -> Problem {
    let detail = "This key came with another body within the last 24 hours.";
    Problem::new(Kind::IDEMPOTENCY_KEY_REUSED, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, Method, Uri};

    fn with(keys: &[&str]) -> Request {
        let mut headers = HeaderMap::new();
        for key in keys {
            headers.append("idempotency-key", key.parse().unwrap());
        }
        Request::new(
            Method::POST,
            Uri::from_static("/api/tasks"),
            headers,
            Bytes::new(),
        )
    }

    #[test]
    fn a_key_is_one_visible_word() {
        assert_eq!(key(&with(&[])).unwrap(), None);
        assert_eq!(key(&with(&["a-1"])).unwrap(), Some("a-1"));
        for keys in [&[""][..], &["a b"], &["a", "b"], &[&"x".repeat(256)]] {
            assert!(key(&with(keys)).is_err(), "{keys:?}");
        }
    }

    #[test]
    fn an_answer_comes_back_as_it_was_given() {
        let given = Response::new(StatusCode::CREATED)
            .with_body("application/json", "{}")
            .with_header(header::LOCATION, HeaderValue::from_static("/api/tasks/1"))
            .with_version(1);
        let again = replay(keep(&given, Vec::new())).unwrap();
        assert_eq!(again.status(), given.status());
        assert_eq!(again.headers(), given.headers());
        assert_eq!(again.body(), given.body());
    }
}
