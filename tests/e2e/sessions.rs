//! Refresh, logout, and tokens that are none.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use serde_json::{Value, json};
use spindrift_tests::{Answer, Api, tokens};

use crate::{Result, todo};

async fn log_in(api: &Api, person: &Api, transport: &str) -> Result<Answer> {
    let body =
        json!({"email": person.email, "password": person.password(), "transport": transport});
    Ok(api.post("/api/auth/login", &body).send().await?.expect(200))
}

fn refresh_token(answer: &Value) -> Value {
    json!({"refresh_token": answer["refresh_token"]})
}

#[tokio::test]
async fn a_refresh_token_works_once_and_its_reuse_ends_the_session() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let first = log_in(&running.api, &person, "token").await?.json();
    let other = log_in(&running.api, &person, "token").await?.json();
    let answer = running
        .api
        .post("/api/auth/refresh", &refresh_token(&first))
        .send()
        .await?
        .expect(200);
    let second = answer.json();
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(second["user"], first["user"]);
    let again = running
        .api
        .post("/api/auth/refresh", &refresh_token(&first))
        .send()
        .await?;
    again.problem(401, "not-signed-in");
    insta::assert_json_snapshot!("a_used_refresh_token", again.record());
    // Whoever has the newer one may be the thief: it is worth nothing now.
    let newer = running
        .api
        .post("/api/auth/refresh", &refresh_token(&second))
        .send()
        .await?;
    newer.problem(401, "not-signed-in");
    // Another sign-in of the same person is another family.
    let other = running
        .api
        .post("/api/auth/refresh", &refresh_token(&other))
        .send()
        .await?;
    other.expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn cookies_refresh_themselves() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let signed_in = log_in(&running.api, &person, "cookie").await?;
    let cookie = format!(
        "refresh={}",
        signed_in.cookie("refresh").context("no cookie")?
    );
    let refresh = || {
        running
            .api
            .call(reqwest::Method::POST, "/api/auth/refresh")
            .header("cookie", &cookie)
    };
    refresh().send().await?.problem(403, "origin-not-allowed");
    let answer = refresh()
        .header("origin", &running.api.url)
        .send()
        .await?
        .expect(200);
    assert_eq!(
        answer.json()["access_token"],
        Value::Null,
        "by cookie, nothing is in the body"
    );
    assert_ne!(answer.cookie("refresh"), signed_in.cookie("refresh"));
    let access = format!("access={}", answer.cookie("access").context("no cookie")?);
    let me = running
        .api
        .get("/api/auth/me")
        .header("cookie", &access)
        .send()
        .await?
        .expect(200);
    assert_eq!(me.json(), answer.json()["user"]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_refresh_without_a_token_or_with_nonsense_is_refused() -> Result {
    let (running, _) = todo().await?;
    let refresh = || running.api.call(reqwest::Method::POST, "/api/auth/refresh");
    let nothing = refresh().send().await?;
    nothing.problem(401, "not-signed-in");
    insta::assert_json_snapshot!("no_refresh_token", nothing.record());
    for token in ["x", "", &"A".repeat(64)] {
        let body = json!({"refresh_token": token});
        refresh()
            .json(&body)
            .send()
            .await?
            .problem(401, "not-signed-in");
    }
    let wrong = refresh()
        .json(&json!({"refresh_token": 7, "more": 1}))
        .send()
        .await?;
    insta::assert_json_snapshot!("a_wrong_refresh", wrong.record());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn logout_ends_the_refresh_family_and_takes_the_cookies() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let by_token = log_in(&running.api, &person, "token").await?.json();
    let answer = running
        .api
        .post("/api/auth/logout", &refresh_token(&by_token))
        .send()
        .await?
        .expect(204);
    assert!(answer.body.is_empty() && answer.header_values("set-cookie").is_empty());
    let after = running
        .api
        .post("/api/auth/refresh", &refresh_token(&by_token))
        .send()
        .await?;
    after.problem(401, "not-signed-in");
    // The access token lives out its minutes.
    let access = by_token["access_token"].as_str().context("no token")?;
    running
        .api
        .with_token(access)
        .get("/api/auth/me")
        .send()
        .await?
        .expect(200);
    // Once more is as good.
    running
        .api
        .post("/api/auth/logout", &refresh_token(&by_token))
        .send()
        .await?
        .expect(204);

    let by_cookie = log_in(&running.api, &person, "cookie").await?;
    let cookie = ["access", "refresh"]
        .map(|name| format!("{name}={}", by_cookie.cookie(name).unwrap_or("")));
    let log_out = running
        .api
        .call(reqwest::Method::POST, "/api/auth/logout")
        .header("cookie", &cookie.join("; "));
    let answer = log_out.header("origin", &running.api.url).send().await?;
    insta::assert_json_snapshot!("logged_out_by_cookie", answer.record());
    let refresh = running
        .api
        .call(reqwest::Method::POST, "/api/auth/refresh")
        .header("cookie", &cookie[1]);
    refresh
        .header("origin", &running.api.url)
        .send()
        .await?
        .problem(401, "not-signed-in");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_bearer_logs_its_own_session_out() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let signed_in = log_in(&running.api, &person, "token").await?.json();
    let bearer = running
        .api
        .with_token(signed_in["access_token"].as_str().context("no token")?);
    bearer
        .call(reqwest::Method::POST, "/api/auth/logout")
        .send()
        .await?
        .expect(204);
    let refresh = running
        .api
        .post("/api/auth/refresh", &refresh_token(&signed_in))
        .send()
        .await?;
    refresh.problem(401, "not-signed-in");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_no_valid_access_token_is_refused_everywhere() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let token = person.token.clone().context("no token")?;
    let claims = tokens::claims(&token);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let mut expired = claims.clone();
    expired["exp"] = json!(now - 1);
    let (message, signature) = token.rsplit_once('.').context("no signature")?;
    let mut other = claims.clone();
    other["sub"] = json!("00000000-0000-7000-8000-000000000001");
    let mut incomplete = claims.clone();
    incomplete
        .as_object_mut()
        .context("no object")?
        .remove("sid");
    // What is signed well is taken: the others fail for what is wrong with them.
    assert_eq!(
        running
            .api
            .with_token(&tokens::sign(&claims))
            .get("/api/auth/me")
            .send()
            .await?
            .status,
        200
    );
    for (name, token) in [
        ("expired", tokens::sign(&expired)),
        ("forged", tokens::forge(&claims)),
        ("unsigned", tokens::unsigned(&claims)),
        (
            "tampered",
            format!("{message}.{}A", &signature[..signature.len() - 2]),
        ),
        ("with other claims", {
            let body = tokens::sign(&other);
            let parts: Vec<&str> = body.split('.').collect();
            format!("{}.{}.{signature}", parts[0], parts[1])
        }),
        ("incomplete", tokens::sign(&incomplete)),
        ("nonsense", "nonsense".to_owned()),
        ("an empty one", String::new()),
    ] {
        let bearer = running.api.with_token(&token);
        let answer = bearer.get("/api/tasks").send().await?;
        answer.problem(401, "not-signed-in");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
        insta::assert_json_snapshot!(
            format!("a_token_that_is_{}", name.replace(' ', "_")),
            answer.record()["body"]["detail"]
        );
        let cookie = format!("access={token}");
        running
            .api
            .get("/api/auth/me")
            .header("cookie", &cookie)
            .send()
            .await?
            .problem(401, "not-signed-in");
    }
    let nobody = running.api.get("/api/tasks").send().await?;
    insta::assert_json_snapshot!("no_token_at_all", nobody.record());
    let basic = running
        .api
        .get("/api/tasks")
        .header("authorization", "Basic YTpi")
        .send()
        .await?;
    basic.problem(401, "not-signed-in");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_endpoint_of_a_person_s_needs_one() -> Result {
    use reqwest::Method;
    let (running, _) = todo().await?;
    let id = "0190a000-0000-7000-8000-000000000000";
    for (method, path) in [
        (Method::GET, "/api/tasks".to_owned()),
        (Method::POST, "/api/tasks".to_owned()),
        (Method::GET, format!("/api/tasks/{id}")),
        (Method::PUT, format!("/api/tasks/{id}")),
        (Method::PATCH, format!("/api/tasks/{id}")),
        (Method::DELETE, format!("/api/tasks/{id}")),
        (Method::POST, format!("/api/tasks/{id}/complete")),
        (Method::POST, format!("/api/tasks/{id}/reopen")),
        (Method::GET, "/api/auth/me".to_owned()),
        (Method::PATCH, "/api/auth/me".to_owned()),
    ] {
        let answer = running.api.call(method.clone(), &path).send().await?;
        assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text());
        answer.problem(401, "not-signed-in");
    }
    running.stop().await?;
    Ok(())
}
