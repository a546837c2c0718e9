//! `POST /api/auth/login`.

use domain::account::LogIn;
use domain::account::event::LoggedIn;
use http::StatusCode;
use kit::{Answer, Kind, Problem, Request, config, origin};
use store::{outbox, sessions, throttle, users};

use crate::password::Verdict;
use crate::refresh_token::RefreshToken;
use crate::throttle::Attempt;
use crate::{events, password, session};

/// Signs in. An unknown address and a wrong password get the same answer after the
/// same work.
pub(crate) async fn log_in(request: &Request) -> Answer {
    origin::check(request, &config::variable("allowed_origins").await?, false)?;
    let LogIn {
        email,
        password,
        transport,
    } = LogIn::of(request.json()?)?;
    let db = config::database().await?;
    let now = kit::now();
    let attempt = Attempt::new(&email, request.client_address());
    attempt.admit(&db, now).await?;
    let found = users::by_email(&db.each(None), &email).await?;
    let hash = found.as_ref().and_then(|(_, hash)| hash.as_deref());
    let verdict = password::verify(&password, hash)?;
    let (user, hash) = match (found, verdict) {
        (Some((user, Some(hash))), Verdict::Right | Verdict::RightButOld) => (user, hash),
        _ => return Err(wrong_credentials()),
    };
    let stronger = match verdict {
        Verdict::RightButOld => Some(password::hash(&password)?),
        _ => None,
    };
    let refresh = RefreshToken::new()?;
    let new = session::begin(user.id, &refresh, now);
    let payload = LoggedIn { session_id: new.id };
    let event = events::event(request, user.id, now, &payload)?;
    db.transaction(None, async |scope| {
        if let Some(stronger) = &stronger {
            users::rehash(scope, user.id, &hash, stronger).await?;
        }
        sessions::insert(scope, &new).await?;
        outbox::append(scope, &[event]).await?;
        attempt.succeeded(scope, now).await
    })
    .await?;
    throttle::sweep(&db.each(None), now).await?;
    session::answer(request, StatusCode::OK, transport, &user, new.id, &refresh).await
}

fn wrong_credentials() -> Problem {
    Problem::new(
        Kind::WRONG_CREDENTIALS,
        "The e-mail address or the password is wrong.",
    )
}
