//! `POST /api/auth/signup`.

use domain::account::event::SignedUp;
use domain::account::{SignUp, User};
use http::{StatusCode, header};
use kit::{Answer, Kind, Problem, Request, config, origin};
use store::{outbox, sessions, users};
use uuid::Uuid;

use crate::refresh_token::RefreshToken;
use crate::{events, password, session, throttle};

/// Makes an account and signs in to it.
pub(crate) async fn sign_up(request: &Request) -> Answer {
    origin::check(request, &config::variable("allowed_origins").await?, false)?;
    let SignUp {
        email,
        password,
        name,
        transport,
    } = SignUp::of(request.json()?)?;
    let db = config::database().await?;
    let now = kit::now();
    throttle::spend_sign_up(&db, request.client_address(), now).await?;
    // Looked up first, because the hash is the dear part; the constraint decides.
    if users::by_email(&db.each(None), &email).await?.is_some() {
        return Err(email_taken());
    }
    let hash = password::hash(&password)?;
    let user = User::new(Uuid::now_v7(), email, name, now);
    let refresh = RefreshToken::new()?;
    let new = session::begin(user.id, &refresh, now);
    let event = events::event(request, user.id, now, &SignedUp::from(&user))?;
    db.transaction(None, async |scope| {
        users::insert(scope, &user, &hash)
            .await
            .map_err(|error| match error {
                store::Error::Conflict { .. } => email_taken(),
                error => error.into(),
            })?;
        sessions::insert(scope, &new).await?;
        outbox::append(scope, &[event]).await?;
        Ok::<_, Problem>(())
    })
    .await?;
    session::answer(
        request,
        StatusCode::CREATED,
        transport,
        &user,
        new.id,
        &refresh,
    )
    .await?
    .with_text_header(header::LOCATION, format!("{}/auth/me", request.base()))
}

fn email_taken() -> Problem {
    Problem::new(
        Kind::EMAIL_TAKEN,
        "There is an account with this e-mail address: log in instead.",
    )
}
