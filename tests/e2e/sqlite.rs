//! SQLite databases.

use std::fs;
use std::num::ParseIntError;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::Method;
use spindrift_tests::{Answer, Running, Start};

use crate::Result;

/// Sends statements, one on each line.
pub(crate) async fn ask(running: &Running, path: &str, statements: &str) -> Result<Answer> {
    let request = running
        .api
        .call(Method::POST, path)
        .body(statements.to_owned());
    request.send().await
}

async fn sqlite(running: &Running, statements: &str) -> Result<Answer> {
    ask(running, "/probe/sqlite?default", statements).await
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS t (a, b)";

#[tokio::test]
async fn values_come_back_as_they_went_and_survive_a_restart() -> Result {
    let start = Start::guests().await?;
    let running = start.run().await?;
    let inserted = format!("{TABLE}\nINSERT INTO t VALUES (?, 'x'), (NULL, x'00ff'), (1.5, '')");
    let answer = sqlite(&running, &inserted).await?;
    assert_eq!(answer.expect(200).text(), "  changes=3 id=3");
    let select = "SELECT a, b, count(*) OVER () AS n FROM t ORDER BY rowid";
    let expected = "a,b,n \
        [Value::Integer(7), Value::Text(\"x\"), Value::Integer(3)] \
        [Value::Null, Value::Blob([0, 255]), Value::Integer(3)] \
        [Value::Real(1.5), Value::Text(\"\"), Value::Integer(3)] changes=0 id=0";
    let answer = sqlite(&running, select).await?;
    assert_eq!(answer.expect(200).text(), expected);
    // A component of the generation before has the same database.
    let older = ask(&running, "/older/sqlite", "SELECT ?, a FROM t LIMIT 1").await?;
    let older = older.expect(200).text();
    assert!(
        older.contains("Text(\"older\")") && older.contains("Integer(7)"),
        "{older}"
    );
    // Another label is another one.
    let other = ask(&running, "/probe/sqlite?other", "SELECT * FROM t").await?;
    assert!(other.text().contains("no such table"), "{}", other.text());
    let running = running.stop().await?.run().await?;
    let answer = sqlite(&running, select).await?;
    assert_eq!(answer.expect(200).text(), expected);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_database_is_open_to_whom_it_was_granted() -> Result {
    let running = Start::guests().await?.run().await?;
    let denied = ask(&running, "/poor/sqlite?default", "SELECT 1").await?;
    assert_eq!(denied.status, 400);
    assert!(denied.text().contains("AccessDenied"), "{}", denied.text());
    let log = running.log();
    assert!(
        log.contains("sqlite_databases = [\\\"default\\\"]"),
        "the log has the line that would allow it:\n{log}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn no_statement_leaves_the_database() -> Result {
    let running = Start::guests().await?.run().await?;
    let elsewhere = running.state().join("elsewhere.sqlite");
    let elsewhere = elsewhere.display();
    for statement in [
        format!("ATTACH '{elsewhere}' AS other"),
        format!("ATTACH '{elsewhere}' || '' AS other"),
        format!("VACUUM INTO '{elsewhere}'"),
        "SELECT load_extension('libc.so.6')".to_owned(),
        "PRAGMA database_list".to_owned(),
        "PRAGMA hard_heap_limit = 1".to_owned(),
        "PRAGMA temp_store_directory = '/'".to_owned(),
        "PRAGMA journal_mode = off".to_owned(),
        "PRAGMA max_page_count = 4294967294".to_owned(),
        "PRAGMA writable_schema = on".to_owned(),
        "SELECT zeroblob(1000000000)".to_owned(),
    ] {
        let answer = sqlite(&running, &statement).await?;
        assert_eq!(answer.status, 400, "{statement}: {}", answer.text());
    }
    assert!(!running.state().join("elsewhere.sqlite").exists());
    let answer = sqlite(&running, "PRAGMA journal_mode").await?;
    assert!(answer.expect(200).text().contains("Text(\"wal\")"));
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_transaction_ends_with_its_request() -> Result {
    let running = Start::guests().await?.run().await?;
    sqlite(&running, TABLE).await?.expect(200);
    let begun = "BEGIN IMMEDIATE\nINSERT INTO t VALUES (1, 1)";
    // In a connection that goes with the request, and in one that stays.
    for path in ["/probe/sqlite?default", "/probe/sqlite-kept"] {
        ask(&running, path, begun).await?.expect(200);
        // Nobody waits for it, and nothing of it is there.
        let at = Instant::now();
        let counted = "INSERT INTO t VALUES (2, 2)\nDELETE FROM t\nSELECT changes()";
        let answer = sqlite(&running, counted).await?.expect(200).text();
        assert!(answer.contains("[Value::Integer(1)]"), "{path}: {answer}");
        assert!(at.elapsed().as_secs() < 3, "{path}");
    }
    let log = running.log();
    assert!(log.contains("left open by its request"), "{log}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_statement_without_an_end_ends_with_its_request() -> Result {
    let running = Start::guests().await?.run().await?;
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    for _ in 0..3 {
        let answer = sqlite(&running, endless).await?;
        answer.problem(504, "function-timeout");
    }
    let long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(1000000) FROM n";
    let answer = sqlite(&running, long).await?;
    assert!(answer.text().contains("by LIMIT"), "{}", answer.text());
    sqlite(&running, "SELECT 1").await?.expect(200);
    // Nothing is at work any more.
    let before = processor_ticks(&running)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let used = processor_ticks(&running)? - before;
    assert!(used < 50, "{used} hundredths of a second of rest");
    running.stop().await?;
    Ok(())
}

/// Processor time of the process, in hundredths of a second: see proc_pid_stat(5).
fn processor_ticks(running: &Running) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", running.pid()?.as_raw_nonzero()))?;
    let (_, fields) = stat.rsplit_once(')').context("no name in it")?;
    let ticks = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>);
    Ok(ticks.sum::<std::result::Result<u64, ParseIntError>>()?)
}
