//! Sign-up, login, and what people may change about themselves.

use serde_json::json;

use crate::{Result, todo};

#[tokio::test]
async fn a_sign_up_answers_by_cookie_or_by_token() -> Result {
    let (running, _) = todo().await?;
    let body = json!({"email": " Ada@Example.com ", "password": "long enough", "name": " Ada "});
    let cookies = running.api.post("/api/auth/signup", &body).send().await?;
    insta::assert_json_snapshot!("signed_up_by_cookie", cookies.record());
    let body =
        json!({"email": "grace@example.com", "password": "long enough", "transport": "token"});
    let token = running
        .api
        .post("/api/v1/auth/signup", &body)
        .send()
        .await?;
    insta::assert_json_snapshot!("signed_up_by_token", token.record());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_login_answers_by_cookie_or_by_token() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let mut body = json!({"email": person.email.to_uppercase(), "password": person.password()});
    let cookies = running.api.post("/api/auth/login", &body).send().await?;
    let mut record = cookies.record();
    record["body"]["user"]["email"] = json!("[e-mail]");
    record["body"]["user"]["name"] = json!("[name]");
    insta::assert_json_snapshot!("logged_in_by_cookie", record);
    body["transport"] = json!("token");
    let token = running
        .api
        .post("/api/auth/login", &body)
        .send()
        .await?
        .expect(200)
        .json();
    assert_eq!(
        (&token["token_type"], &token["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let me = person
        .with_token(token["access_token"].as_str().unwrap_or(""))
        .get("/api/auth/me");
    assert_eq!(me.send().await?.expect(200).json(), token["user"]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_case() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let body = json!({"email": person.email.to_uppercase(), "password": "another password"});
    let answer = running.api.post("/api/auth/signup", &body).send().await?;
    answer.problem(409, "email-taken");
    insta::assert_json_snapshot!("taken_e_mail", answer.record());
    assert_eq!(database.count("SELECT count(*) FROM todo.users").await?, 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn two_sign_ups_at_once_make_one_account() -> Result {
    let (running, database) = todo().await?;
    let body = json!({"email": "race@example.com", "password": "long enough"});
    let sign_up = || running.api.post("/api/auth/signup", &body).send();
    let (one, two) = tokio::try_join!(sign_up(), sign_up())?;
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(database.count("SELECT count(*) FROM todo.users").await?, 1);
    assert_eq!(
        database
            .count("SELECT count(*) FROM spindrift.outbox")
            .await?,
        1
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_look_alike() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let mut answers = Vec::new();
    for (email, password) in [
        (person.email.as_str(), "wrong password"),
        ("nobody@example.com", person.password()),
        ("not an address", "x"),
    ] {
        let body = json!({"email": email, "password": password});
        let answer = running.api.post("/api/auth/login", &body).send().await?;
        answer.problem(401, "wrong-credentials");
        answers.push(answer.record());
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    insta::assert_json_snapshot!("wrong_credentials", answers[0]);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_mistake_in_a_sign_up_is_named() -> Result {
    let (running, _) = todo().await?;
    for (name, body) in [
        ("nothing", json!({})),
        (
            "everything wrong",
            json!({"email": "x", "password": "short", "name": "", "transport": "fax", "role": "admin"}),
        ),
        (
            "wrong types",
            json!({"email": 1, "password": [], "name": {}, "transport": 4}),
        ),
        ("no object", json!(["email", "password"])),
        (
            "long",
            json!({"email": "a@example.com", "password": "x".repeat(129), "name": "x".repeat(101)}),
        ),
    ] {
        let answer = running.api.post("/api/auth/signup", &body).send().await?;
        answer.problem(422, "invalid-fields");
        insta::assert_json_snapshot!(
            format!("sign_up_with_{}", name.replace(' ', "_")),
            answer.record()
        );
    }
    let answer = running
        .api
        .post("/api/auth/login", &json!({"email": null}))
        .send()
        .await?;
    answer.problem(422, "invalid-fields");
    insta::assert_json_snapshot!("login_with_nothing", answer.record());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_person_changes_what_is_theirs_to_change() -> Result {
    let (running, _) = todo().await?;
    let body = json!({"email": "ada@example.com", "password": "long enough", "transport": "token"});
    let token = running
        .api
        .post("/api/auth/signup", &body)
        .send()
        .await?
        .expect(201)
        .json();
    let person = running
        .api
        .with_token(token["access_token"].as_str().unwrap_or(""));
    let before = person.get("/api/auth/me").send().await?;
    insta::assert_json_snapshot!("me", before.record());
    let change = json!({
        "name": " Ada L. ", "locale": "nl-BE", "time_zone": "europe/brussels",
        "quiet_hours": {"from": "22:30", "until": "07:00"}, "digest": "weekly",
    });
    let after = person
        .patch("/api/auth/me", &change)
        .send()
        .await?
        .expect(200);
    insta::assert_json_snapshot!("me_changed", after.record());
    assert_eq!(
        person.get("/api/v1/auth/me").send().await?.json(),
        after.json()
    );
    let cleared = person
        .patch("/api/auth/me", &json!({"quiet_hours": null}))
        .send()
        .await?
        .expect(200);
    assert_eq!(cleared.json()["quiet_hours"], json!(null));
    assert_eq!(cleared.json()["name"], "Ada L.");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn every_mistake_in_a_profile_is_named_and_changes_nothing() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let before = person.get("/api/auth/me").send().await?.json();
    let body = json!({
        "name": "", "locale": "english please", "time_zone": 7, "quiet_hours": {"from": "22:00"},
        "digest": "hourly", "email": "other@example.com",
    });
    let answer = person.patch("/api/auth/me", &body).send().await?;
    answer.problem(422, "invalid-fields");
    insta::assert_json_snapshot!("a_wrong_profile", answer.record());
    let answer = person
        .patch(
            "/api/auth/me",
            &json!({"name": "x", "time_zone": "Mars/Olympus"}),
        )
        .send()
        .await?;
    let problem = answer.problem(422, "invalid-fields");
    assert_eq!(problem["errors"][0]["pointer"], "/time_zone");
    assert_eq!(person.get("/api/auth/me").send().await?.json(), before);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_account_s_addresses_take_their_methods_alone() -> Result {
    let (running, _) = todo().await?;
    for (path, allow) in [
        ("/api/auth/signup", "POST"),
        ("/api/auth/login", "POST"),
        ("/api/auth/refresh", "POST"),
        ("/api/auth/logout", "POST"),
        ("/api/auth/me", "GET, PATCH, HEAD"),
    ] {
        let answer = running.api.delete(path).send().await?;
        answer.problem(405, "method-not-allowed");
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    running
        .api
        .get("/api/auth/nowhere")
        .send()
        .await?
        .problem(404, "not-found");
    running.stop().await?;
    Ok(())
}
