//! Sign-in is slowed, per account and per address, and sign-up is bounded.

use serde_json::json;
use spindrift_tests::{Database, Start, within};

use crate::{Result, todo};

#[tokio::test]
async fn the_sixth_wrong_password_in_a_row_has_to_wait() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let try_in = |password: &str| {
        running
            .api
            .post(
                "/api/auth/login",
                &json!({"email": person.email, "password": password}),
            )
            .send()
    };
    let mut statuses = Vec::new();
    let answer = loop {
        let answer = try_in("wrong password").await?;
        statuses.push(answer.status);
        if answer.status != 401 || statuses.len() > 6 {
            break answer;
        }
    };
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    answer.problem(429, "too-many-requests");
    let wait: u64 = answer.header("retry-after").parse()?;
    assert!((1..=2).contains(&wait), "{wait}");
    // The right password has to wait as well: nothing is told by it.
    try_in(person.password())
        .await?
        .problem(429, "too-many-requests");
    let patience = std::time::Duration::from_secs(wait + 3);
    within(patience, "the wait to be over", async || {
        let answer = try_in(person.password()).await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_account_is_slowed_like_any_other() -> Result {
    let (running, _) = todo().await?;
    let body = json!({"email": "nobody@example.com", "password": "wrong password"});
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(
            running
                .api
                .post("/api/auth/login", &body)
                .send()
                .await?
                .status,
        );
    }
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_address_opens_so_many_accounts_an_hour_and_no_more() -> Result {
    let database = Database::new().await?;
    let running = Start::todo(&database)
        .await?
        .variable("signups_per_hour", "2")
        .run()
        .await?;
    running.api.sign_up().await?;
    running.api.sign_up().await?;
    let body = json!({"email": "third@example.com", "password": "long enough"});
    let answer = running.api.post("/api/auth/signup", &body).send().await?;
    answer.problem(429, "too-many-requests");
    let wait: u64 = answer.header("retry-after").parse()?;
    assert!((3500..=3600).contains(&wait), "{wait}");
    running.stop().await?;
    Ok(())
}
