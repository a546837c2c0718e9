//! Two people never meet.

use reqwest::Method;
use serde_json::{Value, json};
use spindrift_database::connect;
use spindrift_tests::{Database, tokens};

use crate::{Result, todo};

#[tokio::test]
async fn nobody_reaches_another_person_s_task_by_any_endpoint() -> Result {
    let (running, database) = todo().await?;
    let (ada, eve) = (running.api.sign_up().await?, running.api.sign_up().await?);
    let task = ada
        .task(&json!({"title": "Ada's secret", "tags": ["private"]}))
        .await?;
    let id = task["id"].as_str().unwrap_or("").to_owned();
    let absent = "0190a000-0000-7000-8000-000000000000";
    for base in ["/api", "/api/v1"] {
        for (method, rest, body) in [
            (Method::GET, "", None),
            (Method::PUT, "", Some(json!({"title": "Eve's"}))),
            (Method::PATCH, "", Some(json!({"title": "Eve's"}))),
            (Method::DELETE, "", None),
            (Method::POST, "/complete", None),
            (Method::POST, "/reopen", None),
        ] {
            let send = async |id: &str| {
                let call = eve.call(method.clone(), &format!("{base}/tasks/{id}{rest}"));
                match &body {
                    Some(body) => call.json(body).send().await,
                    None => call.send().await,
                }
            };
            let (hers, nobodys) = (send(&id).await?, send(absent).await?);
            hers.problem(404, "not-found");
            // Not even by the wording can it be told from one that does not exist.
            assert_eq!(hers.record(), nobodys.record(), "{method} {rest}");
        }
        for query in ["", "?q=secret", "?tag=private", "?status=open"] {
            let page = eve
                .get(&format!("{base}/tasks{query}"))
                .send()
                .await?
                .expect(200)
                .json();
            assert_eq!(
                (&page["items"], &page["total"]),
                (&json!([]), &json!(0)),
                "{query}"
            );
        }
    }
    let same = ada.get(&format!("/api/tasks/{id}")).send().await?.json();
    assert_eq!(same, task);
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 1);
    assert_eq!(
        eve.get("/api/auth/me").send().await?.json()["email"],
        eve.email
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn one_instance_serves_two_people_without_mixing_them_up() -> Result {
    let (running, _) = todo().await?;
    let (ada, eve) = (running.api.sign_up().await?, running.api.sign_up().await?);
    let work = async |person: &spindrift_tests::Api, name: &str| {
        for n in 0..30 {
            person
                .task(&json!({"title": format!("{name} {n}")}))
                .await?;
            let page = person.tasks("?page_size=100").await?;
            for task in page["items"].as_array().into_iter().flatten() {
                assert!(
                    task["title"]
                        .as_str()
                        .is_some_and(|title| title.starts_with(name)),
                    "{task}"
                );
            }
            assert_eq!(page["total"], n + 1);
        }
        anyhow::Ok(())
    };
    tokio::try_join!(work(&ada, "ada"), work(&eve, "eve"))?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn below_the_functions_the_database_itself_keeps_people_apart() -> Result {
    let (running, database) = todo().await?;
    let (ada, eve) = (running.api.sign_up().await?, running.api.sign_up().await?);
    ada.task(&json!({"title": "Ada's"})).await?;
    eve.task(&json!({"title": "Eve's"})).await?;
    let id = |person: &spindrift_tests::Api| {
        tokens::claims(person.token.as_deref().unwrap_or(""))["sub"]
            .as_str()
            .unwrap_or("")
            .to_owned()
    };
    let mut app = connect(&database.app_url).await?;
    // Nobody named, nothing there.
    for sql in [
        "SELECT count(*) FROM todo.tasks",
        "SELECT count(id) FROM todo.users",
        "SELECT count(*) FROM todo.idempotency_keys",
    ] {
        assert_eq!(app.query_one(sql, &[]).await?.get::<_, i64>(0), 0, "{sql}");
    }
    let transaction = app.transaction().await?;
    transaction
        .execute(
            "SELECT set_config('spindrift.user_id', $1, true)",
            &[&id(&ada)],
        )
        .await?;
    let titles = transaction
        .query("SELECT title FROM todo.tasks", &[])
        .await?;
    let titles: Vec<String> = titles.iter().map(|row| row.get(0)).collect();
    assert_eq!(titles, ["Ada's"]);
    let eves = uuid::Uuid::parse_str(&id(&eve))?;
    for sql in [
        "UPDATE todo.tasks SET title = 'taken' WHERE user_id = $1",
        "DELETE FROM todo.tasks WHERE user_id = $1",
    ] {
        assert_eq!(transaction.execute(sql, &[&eves]).await?, 0, "{sql}");
    }
    // Neither may a row be made for, or moved to, somebody else.
    let moved = transaction
        .execute("UPDATE todo.tasks SET user_id = $1", &[&eves])
        .await;
    assert!(moved.is_err(), "a row moved to another person");
    drop(transaction);
    // The setting ended with its transaction.
    assert_eq!(
        app.query_one("SELECT count(*) FROM todo.tasks", &[])
            .await?
            .get::<_, i64>(0),
        0
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_functions_roles_can_do_no_more_than_they_need() -> Result {
    let database = Database::new().await?;
    let app = connect(&database.app_url).await?;
    let worker = connect(&database.worker_url).await?;
    for (client, sql) in [
        (&app, "SELECT password_hash FROM todo.users"),
        (&app, "SELECT * FROM todo.sessions"),
        (&app, "SELECT * FROM todo.sign_in_attempts"),
        (&app, "SELECT * FROM spindrift.outbox"),
        (&app, "DELETE FROM spindrift.outbox"),
        (&app, "ALTER TABLE todo.tasks DISABLE ROW LEVEL SECURITY"),
        (&app, "CREATE TABLE todo.mine (x int)"),
        (&app, "CREATE TABLE public.mine (x int)"),
        (&app, "SET ROLE spindrift_owner"),
        (&app, "SET ROLE spindrift_worker"),
        (&worker, "SET ROLE spindrift_owner"),
        (&worker, "DROP TABLE todo.sessions"),
        (&worker, "COPY todo.users TO PROGRAM 'cat'"),
    ] {
        assert!(
            client.batch_execute(sql).await.is_err(),
            "{sql} was allowed"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_access_token_of_a_person_who_is_gone_opens_nothing() -> Result {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    database.rows("DELETE FROM todo.users").await?;
    person
        .get("/api/auth/me")
        .send()
        .await?
        .problem(401, "not-signed-in");
    person
        .post("/api/tasks", &json!({"title": "x"}))
        .send()
        .await?
        .problem(401, "not-signed-in");
    let page: Value = person.tasks("").await?;
    assert_eq!(page["total"], 0);
    running.stop().await?;
    Ok(())
}
