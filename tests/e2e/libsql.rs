//! SQLite databases on servers, by libSQL's protocol: Debian has no such server to start.

mod server;

use std::time::{Duration, Instant};

use spindrift_tests::{Start, until};
use tokio::net::TcpListener;

use self::server::{Libsql, TOKEN};
use crate::Result;
use crate::runtime_config::configured;
use crate::sqlite::ask;

/// On the server, by its runtime configuration.
const THERE: &str = "/probe/sqlite?default";

/// In a file, as ever.
const HERE: &str = "/probe/sqlite?other";

/// The functions made for tests, with one of their databases on a server.
async fn on(url: &str, token: &str) -> Result<Start> {
    configured(&format!(
        "[sqlite_database.default]\ntype = \"libsql\"\nurl = \"{url}\"\ntoken = \"{token}\"\n"
    ))
    .await
}

async fn closed(server: &Libsql) -> Result {
    until("the streams to be closed", async || {
        (server.streams() == 0).then_some(())
    })
    .await
}

#[tokio::test]
async fn a_database_on_a_server_says_what_one_in_a_file_says() -> Result {
    let server = Libsql::start().await?;
    let running = on(&server.url, TOKEN).await?.run().await?;
    for statements in [
        "CREATE TABLE t (a, b)",
        "INSERT INTO t VALUES (?, 'x'), (NULL, x'00ff'), (1.5, '')",
        "SELECT a, b, count(*) OVER () AS n FROM t ORDER BY rowid",
        "SELECT 9223372036854775807 AS a, -9223372036854775808 AS b, 0.1 + 0.2 AS c, -1e300 AS d, x'' AS e",
        "INSERT INTO t VALUES (?, ?)\nUPDATE t SET b = 'y' WHERE a = 7\nSELECT 1 AS one",
        "UPDATE t SET b = b WHERE a = 'nobody'",
        "WITH n(i) AS (SELECT 8) INSERT INTO t SELECT i, i FROM n",
        "WITH n(i) AS (SELECT 8) SELECT i FROM n",
        "BEGIN\nDELETE FROM t WHERE a IS NULL\nROLLBACK\nSELECT count(*) AS n FROM t",
        "BEGIN\nDELETE FROM t WHERE a IS NULL\nCOMMIT\nSELECT count(*) AS n FROM t",
        "INSERT INTO t VALUES (9, 'é\"') RETURNING a, b",
        "DELETE FROM t WHERE a > 7",
    ] {
        let there = ask(&running, THERE, statements).await?.expect(200).text();
        let here = ask(&running, HERE, statements).await?.expect(200).text();
        assert_eq!(there, here, "{statements}");
    }
    // A component of the generation before has the same database.
    let older = ask(&running, "/older/sqlite", "SELECT ?, a FROM t LIMIT 1").await?;
    let older = older.expect(200).text();
    assert!(
        older.contains("Text(\"older\")") && older.contains("Integer(7)"),
        "{older}"
    );
    let absent = ask(&running, THERE, "SELECT * FROM absent").await?;
    let absent = absent.expect(400).text();
    assert!(absent.contains("no such table: absent"), "{absent}");
    let kept = |label: &str| running.state().join(format!("sqlite/{label}.sqlite"));
    assert!(kept("other").exists() && !kept("default").exists());
    closed(&server).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_on_a_server_ends_with_its_request() -> Result {
    let server = Libsql::start().await?;
    let running = on(&server.url, TOKEN).await?.run().await?;
    ask(&running, THERE, "CREATE TABLE t (a, b)")
        .await?
        .expect(200);
    let begun = "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1, 1)";
    // In a connection that goes with the request, and in one that stays.
    for path in [THERE, "/probe/sqlite-kept"] {
        ask(&running, path, begun).await?.expect(200);
        // Nobody waits for it, and nothing of it is there.
        let at = Instant::now();
        let counted = "INSERT INTO t VALUES (2, 2)\nDELETE FROM t\nSELECT changes()";
        let answer = ask(&running, path, counted).await?.expect(200).text();
        assert!(answer.contains("[Value::Integer(1)]"), "{path}: {answer}");
        assert!(at.elapsed() < Duration::from_secs(3), "{path}");
        closed(&server).await?;
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_refuses_is_away_or_says_nothing_is_an_error_in_time() -> Result {
    let server = Libsql::start().await?;
    let wrong = "another-token";
    let running = on(&server.url, wrong).await?.run().await?;
    let refused = ask(&running, THERE, "SELECT 1").await?.expect(400).text();
    assert!(refused.contains("refuses the token"), "{refused}");
    for said in [&refused, &running.log()] {
        assert!(!said.contains(wrong), "{said}");
    }
    running.stop().await?;

    let running = on("http://127.0.0.1:1", TOKEN).await?.run().await?;
    let at = Instant::now();
    let away = ask(&running, THERE, "SELECT 1").await?.expect(400).text();
    assert!(away.contains("does not answer"), "{away}");
    assert!(at.elapsed() < Duration::from_secs(2), "{:?}", at.elapsed());
    running.stop().await?;

    // It takes connections, and nothing more.
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", silent.local_addr()?);
    let running = on(&url, TOKEN).await?.run().await?;
    let at = Instant::now();
    let answer = ask(&running, THERE, "SELECT 1").await?;
    answer.problem(504, "function-timeout");
    assert!(at.elapsed() < Duration::from_secs(6), "{:?}", at.elapsed());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_with_its_line() -> Result {
    for (url, why) in [
        ("ws://hidden:8080", "write `libsql://host`"),
        ("libsql://user:hidden@h", "the token goes into `token`"),
    ] {
        let ended = on(url, TOKEN).await?.end().await?;
        assert!(!ended.status.success());
        let told = ended.stderr;
        for part in ["runtime.toml:3: sqlite_database.default.url: ", why] {
            assert!(told.contains(part), "no {part} in:\n{told}");
        }
        assert!(!told.contains("hidden") && !told.contains(TOKEN), "{told}");
    }
    Ok(())
}
