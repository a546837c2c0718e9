//! What one function leaves in a database session never reaches the next.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use spindrift_tests::{Answer, Database, Running, Start, metrics, until, within};

use crate::{Result, todo};

/// The probe on one connection: whatever is left behind, the next one would find.
async fn one_connection(role: fn(&Database) -> String) -> Result<(Running, Database)> {
    let database = Database::new().await?;
    let start = Start::guests()
        .await?
        .args(&["--database-connections", "1"]);
    let start = start
        .variable("database_url", &role(&database))
        .variable("database_host", &database.host);
    Ok((start.run().await?, database))
}

async fn sql(running: &Running, then: &str, script: &str) -> Result<Answer> {
    running
        .api
        .call(Method::POST, &format!("/probe/sql?{then}"))
        .body(script.to_owned())
        .send()
        .await
}

/// Asks on a clean session: whatever could be left in one, as one line.
const LOOK: &str = "SELECT concat_ws(' ', \
    'role', current_user, \
    'setting', coalesce(nullif(current_setting('spindrift.user_id', true), ''), 'none'), \
    'timezone', current_setting('TimeZone'), \
    'path', current_setting('search_path'), \
    'timeout', current_setting('statement_timeout'), \
    'isolation', current_setting('default_transaction_isolation'), \
    'locks', (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()), \
    'cursors', (SELECT count(*) FROM pg_cursors), \
    'listening', (SELECT count(*) FROM pg_listening_channels()), \
    'temporary', (SELECT count(*) FROM pg_class WHERE relpersistence = 't' AND pg_table_is_visible(oid)), \
    'prepared', (SELECT count(*) FROM pg_prepared_statements WHERE from_sql), \
    'transaction', coalesce(pg_current_xact_id_if_assigned()::text, 'none'))";

const LEFTOVERS: [&str; 25] = [
    "BEGIN\nINSERT INTO mark VALUES (1)",
    "/**/BEGIN\nINSERT INTO mark VALUES (1)",
    "START TRANSACTION\nINSERT INTO mark VALUES (1)",
    "  bEgIn  ;\nINSERT INTO mark VALUES (1)",
    "BEGIN ISOLATION LEVEL SERIALIZABLE\nINSERT INTO mark VALUES (1)",
    "BEGIN\nSELECT 1/0",
    "SELECT set_config('spindrift.user_id', '0190a000-0000-7000-8000-000000000000', false)",
    "SELECT pg_catalog.set_config('spindrift.user_id', 'x', false)",
    "SELECT set_config('spindrift.user_id', 'x', (SELECT false))",
    "WITH a AS (SELECT set_config('spindrift.user_id', 'x', false)) SELECT * FROM a",
    "SET spindrift.user_id = 'x'",
    "SET SESSION TimeZone = 'Asia/Tokyo'",
    "SET search_path = evil",
    "SET statement_timeout = 1",
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "UPDATE pg_settings SET setting = 'x' WHERE name = 'application_name'",
    "SELECT pg_advisory_lock(42)",
    "SELECT pg_try_advisory_lock_shared(43)",
    "BEGIN\nDECLARE c CURSOR WITH HOLD FOR SELECT 1\nCOMMIT",
    "LISTEN something",
    "CREATE TEMPORARY TABLE left_over (x int)",
    "SELECT 1 AS x INTO TEMPORARY left_over",
    "PREPARE left_over AS SELECT 1",
    "DO $$ BEGIN PERFORM set_config('spindrift.user_id', 'x', false); END $$",
    "SET ROLE NONE",
];

#[tokio::test]
async fn nothing_that_a_function_leaves_in_its_session_reaches_the_next() -> Result {
    let (running, database) = one_connection(|database| database.worker_url.clone()).await?;
    database.rows("CREATE TABLE public.mark (x int)").await?;
    database.rows("GRANT ALL ON public.mark TO PUBLIC").await?;
    let clean = sql(&running, "", LOOK).await?.expect(200).text();
    assert!(
        clean.starts_with("role spindrift_worker setting none")
            && clean.ends_with("transaction none"),
        "{clean}"
    );
    for leftover in LEFTOVERS {
        for then in ["", "panic"] {
            sql(&running, then, leftover).await?;
            let found = sql(&running, "", LOOK).await?.expect(200).text();
            assert_eq!(found, clean, "after {leftover} and then {then:?}");
        }
    }
    assert_eq!(
        database.count("SELECT count(*) FROM public.mark").await?,
        0,
        "no transaction was committed"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_role_goes_back_to_the_one_of_the_connection() -> Result {
    // As with DATABASE_URL: one login, and a role by the connection's options.
    let (running, _database) = one_connection(|database| {
        format!(
            "{}&options=-c%20role%3Dspindrift_app",
            database.superuser_url
        )
    })
    .await?;
    let who = "SELECT current_user::text";
    assert_eq!(
        sql(&running, "", who).await?.expect(200).text(),
        "spindrift_app"
    );
    for leftover in [
        "SET ROLE spindrift_worker",
        "SET ROLE NONE",
        "RESET ROLE",
        "SET SESSION AUTHORIZATION spindrift_owner",
        "SELECT set_config('role', 'spindrift_owner', false)",
        "RESET ALL",
        "DISCARD ALL",
    ] {
        sql(&running, "", leftover).await?;
        assert_eq!(
            sql(&running, "", who).await?.expect(200).text(),
            "spindrift_app",
            "after {leftover}"
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_query_whose_function_was_killed_does_not_go_on() -> Result {
    let (running, database) = one_connection(|database| database.worker_url.clone()).await?;
    sql(&running, "", "SELECT pg_sleep(600)")
        .await?
        .problem(504, "function-timeout");
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()";
    within(Duration::from_secs(10), "the query to end", async || {
        (database.count(sleeping).await.ok()? == 0).then_some(())
    })
    .await?;
    assert_eq!(
        sql(&running, "", "SELECT 'here'").await?.expect(200).text(),
        "here"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_of_a_killed_function_lets_go_of_its_locks() -> Result {
    let (running, database) = one_connection(|database| database.worker_url.clone()).await?;
    database
        .rows("CREATE TABLE public.mark AS SELECT 1 AS x")
        .await?;
    database.rows("GRANT ALL ON public.mark TO PUBLIC").await?;
    sql(&running, "loop", "BEGIN\nUPDATE mark SET x = 2")
        .await?
        .problem(504, "function-timeout");
    let free = sql(&running, "", "UPDATE mark SET x = x + 10 RETURNING x::text").await?;
    assert_eq!(free.expect(200).text(), "11");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_the_server_ended_is_replaced() -> Result {
    let (running, database) = one_connection(|database| database.worker_url.clone()).await?;
    sql(&running, "", "SELECT 'here'").await?.expect(200);
    database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'spindrift_worker' AND datname = current_database()").await?;
    until("a new session", async || {
        let answer = sql(&running, "", "SELECT 'here'").await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn who_finds_no_connection_waits_and_is_told() -> Result {
    let (running, _database) = one_connection(|database| database.worker_url.clone()).await?;
    let slow = tokio::spawn(
        running
            .api
            .call(Method::POST, "/probe/sql")
            .body("SELECT pg_sleep(1)")
            .send(),
    );
    let next = sql(&running, "", "SELECT 'here'").await?.expect(200);
    assert_eq!(next.text(), "here");
    slow.await??.expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_application_s_own_statements_leave_nothing_to_clean() -> Result {
    let (running, _) = todo().await?;
    let person = running.api.sign_up().await?;
    let login = json!({"email": person.email, "password": person.password(), "transport": "token"});
    let signed_in = running
        .api
        .post("/api/auth/login", &login)
        .send()
        .await?
        .expect(200)
        .json();
    let refresh = json!({"refresh_token": signed_in["refresh_token"]});
    let refreshed = running
        .api
        .post("/api/auth/refresh", &refresh)
        .send()
        .await?
        .expect(200)
        .json();
    person
        .patch(
            "/api/auth/me",
            &json!({"time_zone": "Europe/Brussels", "quiet_hours": null}),
        )
        .send()
        .await?
        .expect(200);
    person.get("/api/auth/me").send().await?.expect(200);
    let create = person.post(
        "/api/tasks",
        &json!({"title": "x", "all_day_on": "2025-01-01"}),
    );
    let task = create
        .header("idempotency-key", "k")
        .send()
        .await?
        .expect(201)
        .json();
    person
        .post(
            "/api/tasks",
            &json!({"title": "x", "all_day_on": "2025-01-01"}),
        )
        .header("idempotency-key", "k")
        .send()
        .await?
        .expect(201);
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    for query in [
        "",
        "?q=x&status=open&tag=a&priority=2&overdue=true&due_soon=false&sort=-title",
        "?due_before=2026-01-01T00:00:00Z&due_after=2024-01-01T00:00:00Z",
    ] {
        person.tasks(query).await?;
    }
    person.get(&path).send().await?.expect(200);
    person
        .patch(&path, &json!({"title": "y"}))
        .send()
        .await?
        .expect(200);
    person
        .put(&path, &json!({"title": "z"}))
        .send()
        .await?
        .expect(200);
    for verb in ["complete", "reopen"] {
        person
            .call(Method::POST, &format!("{path}/{verb}"))
            .send()
            .await?
            .expect(200);
    }
    person.delete(&path).send().await?.expect(204);
    let log_out = json!({"refresh_token": refreshed["refresh_token"]});
    running
        .api
        .post("/api/auth/logout", &log_out)
        .send()
        .await?
        .expect(204);
    running.api.get("/health").send().await?.expect(200);
    // Refusals as well: they end their transactions themselves.
    person.get(&path).send().await?.problem(404, "not-found");
    person
        .patch(&path, &json!({"title": "y"}))
        .send()
        .await?
        .problem(404, "not-found");
    running
        .api
        .post(
            "/api/auth/signup",
            &json!({"email": person.email, "password": "long enough"}),
        )
        .send()
        .await?
        .problem(409, "email-taken");
    running
        .api
        .post(
            "/api/auth/login",
            &json!({"email": person.email, "password": "wrong"}),
        )
        .send()
        .await?
        .problem(401, "wrong-credentials");
    person
        .post("/api/tasks", &json!({"title": "other"}))
        .header("idempotency-key", "k")
        .send()
        .await?
        .problem(422, "idempotency-key-reused");
    let admin = running.admin().await?;
    assert_eq!(
        metrics::sum(&admin, "spindrift_database_cleanings_total", &[]).await?,
        0.0
    );
    running.stop().await?;
    Ok(())
}
