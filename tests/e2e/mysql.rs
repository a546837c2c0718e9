//! MySQL, as MariaDB speaks it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::Method;
use spindrift_tests::{Answer, MariaDb, Running, Start, metrics, within};
use tokio::net::TcpListener;

use crate::Result;

/// A database, unless there is no server here: then the test is skipped.
async fn mariadb() -> Result<Option<MariaDb>> {
    let database = MariaDb::new().await?;
    if database.is_none() {
        spindrift_test_registry::skip("MariaDB is not installed; `scripts/setup test` installs it");
    }
    Ok(database)
}

/// The probe on one connection: whatever is left behind, the next one would find.
async fn one_connection(database: &MariaDb) -> Result<Running> {
    let start = Start::guests()
        .await?
        .args(&["--database-connections", "1"]);
    start.variable("mysql_host", &database.host).run().await
}

async fn ask(running: &Running, path: &str, url: &str, script: &str) -> Result<Answer> {
    let request = running.api.call(Method::POST, path);
    request.body(format!("{url}\n{script}")).send().await
}

async fn sql(running: &Running, database: &MariaDb, then: &str, script: &str) -> Result<Answer> {
    let path = format!("/probe/mysql?{then}");
    ask(running, &path, &database.url, script).await
}

const TABLE: &str = "CREATE TABLE kinds (id INT AUTO_INCREMENT PRIMARY KEY, \
    b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, i64 BIGINT, \
    u8 TINYINT UNSIGNED, u16 SMALLINT UNSIGNED, u32 INT UNSIGNED, u64 BIGINT UNSIGNED, \
    f32 FLOAT, f64 DOUBLE, s VARCHAR(20), v VARBINARY(20), \
    flag BIT(1) DEFAULT b'1', medium MEDIUMINT DEFAULT -24, name ENUM('x', 'y') DEFAULT 'y', \
    long_text TEXT DEFAULT 'ä', bytes BLOB DEFAULT 'z', document JSON DEFAULT '[1]')";

const INSERT: &str = "INSERT INTO kinds (b, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, s, v) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

#[tokio::test]
async fn every_type_goes_there_and_back_and_so_does_null() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    sql(&running, &database, "", TABLE).await?.expect(200);
    let select =
        "SELECT b, i8, i16, i32, i64, u8, u16, u32, u64, f32, f64, s, v FROM kinds ORDER BY id";
    let script = format!("{INSERT}\n{select}");
    let path = "/probe/mysql-types";
    let answer = ask(&running, path, &database.url, &script).await?;
    let text = answer.expect(200).text();
    let (values, nulls) = text.split_once('\n').unwrap_or_default();
    // A BOOLEAN is a TINYINT(1), as the kit has it.
    let expected = "[DbValue::Int8(1), DbValue::Int8(-8), DbValue::Int16(-16), \
        DbValue::Int32(-32), DbValue::Int64(-9223372036854775808), DbValue::Uint8(8), \
        DbValue::Uint16(16), DbValue::Uint32(32), DbValue::Uint64(18446744073709551615), \
        DbValue::Floating32(0.5), DbValue::Floating64(-0.25), DbValue::Str(\"größer\"), \
        DbValue::Binary([0, 255])]";
    assert_eq!(values, expected);
    assert_eq!(nulls, format!("[{}]", ["DbValue::DbNull"; 13].join(", ")));
    for (column, expected) in [
        ("flag", "DbValue::Boolean(true)"),
        ("medium", "DbValue::Int32(-24)"),
        ("name", "y"),
        ("long_text", "ä"),
        ("bytes", "DbValue::Binary([122])"),
        ("document", "[1]"),
        ("COUNT(*)", "DbValue::Int64(2)"),
    ] {
        let select = format!("SELECT {column} FROM kinds LIMIT 1");
        let answer = sql(&running, &database, "", &select).await?;
        assert_eq!(answer.expect(200).text(), expected, "{column}");
    }
    // A component of the generation before has the same database.
    let select = "SELECT ?, i16 FROM kinds LIMIT 1";
    let older = ask(&running, "/older/mysql", &database.url, select).await?;
    let older = older.expect(200).text();
    assert!(
        older.contains("\"older\"") && older.contains("Int16(-16)"),
        "{older}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_the_interface_has_no_value_for_is_an_error_with_its_name() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    for (value, kind) in [
        ("DATE '2025-01-31'", "DATE"),
        ("CAST('2025-01-31' AS DATETIME)", "DATETIME"),
        ("1.5", "DECIMAL"),
    ] {
        let select = format!("SELECT {value} AS wanted");
        let answer = sql(&running, &database, "", &select).await?;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{text}");
        assert!(text.contains("wanted") && text.contains(kind), "{text}");
        // The connection is as good as before, and so is the way out.
        let select = format!("SELECT CAST({value} AS CHAR) AS wanted");
        let answer = sql(&running, &database, "", &select).await?;
        assert!(value.contains(&answer.expect(200).text()[..2]), "{value}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_failed_statement_says_why_and_the_connection_goes_on() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    for (script, part) in [
        ("SELECT * FROM nowhere", "42S02"),
        ("SELECT 1; SELECT 2", "42000"),
        ("SELECT ?", "1 parameters, and was given 0"),
        (
            "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE nowhere",
            "(",
        ),
    ] {
        let answer = sql(&running, &database, "", script).await?;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{script}: {text}");
        assert!(text.contains(part), "{script}: {text}");
        let next = sql(&running, &database, "", "SELECT 'here'").await?;
        assert_eq!(next.expect(200).text(), "here", "after {script}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_is_reached_by_whom_it_was_granted_to_and_the_denial_says_how() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let denied = ask(&running, "/poor/mysql", &database.url, "SELECT 1").await?;
    assert_eq!(denied.status, 400);
    let line = format!("mysql://{}", database.host);
    assert!(denied.text().contains(&line), "{}", denied.text());
    for (url, part) in [
        (
            database.url.replace("127.0.0.1", "localhost"),
            "allowed_outbound_hosts",
        ),
        (format!("{}?socket=/run/mysqld.sock", database.url), "TCP"),
        (database.url.replace("mysql:", "postgres:"), "mysql://"),
    ] {
        let answer = ask(&running, "/probe/mysql", &url, "SELECT 1").await?;
        let text = answer.text();
        assert_eq!(answer.status, 400, "{text}");
        assert!(text.contains(part), "{text}");
        assert!(!text.contains(database.password), "{text}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_told_and_not_repeated() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let url = database.url.replace(database.password, "hunter2");
    let answer = ask(&running, "/probe/mysql", &url, "SELECT 1").await?;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("Access denied"), "{}", answer.text());
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    assert!(!running.log().contains("hunter2"), "{}", running.log());
    running.stop().await?;
    Ok(())
}

/// Asks for the cipher of the session, which is empty where there is no TLS.
const CIPHER: &str = "SELECT variable_value FROM information_schema.session_status \
    WHERE variable_name = 'Ssl_cipher'";

#[tokio::test]
async fn a_server_with_tls_is_believed_by_what_this_system_trusts_and_for_its_own_name() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    // By whatever name this machine has.
    let (_, port) = database.host.rsplit_once(':').context("no port")?;
    let start = Start::guests().await?;
    let start = start.variable("mysql_host", &format!("*:{port}"));
    let running = start.run().await?;
    let url = |way: &str| format!("{}?{way}", database.url);
    let ways = [
        "ssl-mode=REQUIRED",
        "ssl-mode=VERIFY_CA",
        "ssl-mode=verify_identity",
        "require_ssl=true",
    ];
    for way in ways {
        let stranger = ask(&running, "/probe/mysql", &url(way), CIPHER).await?;
        let text = stranger.text();
        assert_eq!(stranger.status, 400, "{way}: {text}");
        assert!(text.contains("certificate"), "{way}: {text}");
        assert!(!text.contains(database.password), "{way}: {text}");
    }
    let start = running.stop().await?;
    let trusted = database.authority.display().to_string();
    let running = start.env("SSL_CERT_FILE", &trusted).run().await?;
    for way in ways {
        let cipher = ask(&running, "/probe/mysql", &url(way), CIPHER).await?;
        assert!(!cipher.expect(200).text().is_empty(), "{way}: no TLS");
        // The certificate is for an address, and not for the name that leads there.
        let elsewhere = url(way).replace("127.0.0.1", "localhost");
        let misnamed = ask(&running, "/probe/mysql", &elsewhere, CIPHER).await?;
        let text = misnamed.text();
        assert_eq!(misnamed.status, 400, "{way}: {text}");
        assert!(text.contains("not valid for name"), "{way}: {text}");
    }
    for way in ["ssl-mode=DISABLED", "ssl-mode=PREFERRED"] {
        let cipher = ask(&running, "/probe/mysql", &url(way), CIPHER).await?;
        assert_eq!(cipher.expect(200).text(), "", "{way}");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_down_or_says_nothing_is_an_error_before_long() -> Result {
    let silent = TcpListener::bind("127.0.0.1:0").await?;
    let host = silent.local_addr()?.to_string();
    let start = Start::guests().await?.variable("mysql_host", &host);
    let running = start.run().await?;
    let url = format!("mysql://u:hunter2@{host}/x");
    let at = Instant::now();
    let answer = ask(&running, "/patient/mysql", &url, "SELECT 1").await?;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("within 5 s"), "{}", answer.text());
    assert!(at.elapsed() < Duration::from_secs(15));
    drop(silent);
    let at = Instant::now();
    let answer = ask(&running, "/patient/mysql", &url, "SELECT 1").await?;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("refused"), "{}", answer.text());
    assert!(!answer.text().contains("hunter2"), "{}", answer.text());
    assert!(at.elapsed() < Duration::from_secs(5));
    running.stop().await?;
    Ok(())
}

/// Asks on a clean session: whatever could be left in one, as one line.
const LOOK: &str = "SELECT CAST(CONCAT_WS(' ', \
    'database', DATABASE(), \
    'variable', COALESCE(@left_over, 'none'), \
    'mode', @@sql_mode, \
    'zone', @@time_zone, \
    'characters', @@character_set_client, @@character_set_results, @@collation_connection, \
    'isolation', @@tx_isolation, \
    'autocommit', @@autocommit, \
    'lock', COALESCE(IS_USED_LOCK('left over'), 'none'), \
    'transaction', @@in_transaction) AS CHAR)";

const LEFTOVERS: [&str; 13] = [
    "BEGIN\nINSERT INTO mark VALUES (1)",
    "/**/ START TRANSACTION\nINSERT INTO mark VALUES (1)",
    "SET autocommit = 0\nINSERT INTO mark VALUES (1)",
    "BEGIN\nSELECT * FROM nowhere",
    "SET @left_over = 'x'",
    "SELECT @left_over := 'x'",
    "SET SESSION sql_mode = ''",
    "SET time_zone = '+09:00'",
    "SET NAMES latin1",
    "SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE",
    "SELECT GET_LOCK('left over', 0)",
    "USE information_schema",
    "LOCK TABLES mark WRITE",
];

#[tokio::test]
async fn nothing_that_a_function_leaves_in_its_session_reaches_the_next() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let ask = async |then: &str, script: &str| sql(&running, &database, then, script).await;
    ask("", "CREATE TABLE mark (x INT)").await?.expect(200);
    let clean = ask("", LOOK).await?.expect(200).text();
    assert!(clean.contains("variable none"), "{clean}");
    assert!(clean.ends_with("lock none transaction 0"), "{clean}");
    for leftover in LEFTOVERS {
        for then in ["", "panic"] {
            ask(then, leftover).await?;
            let found = ask("", LOOK).await?.expect(200).text();
            assert_eq!(found, clean, "after {leftover} and then {then:?}");
        }
    }
    for (leftover, look) in [
        (
            "CREATE TEMPORARY TABLE left_over (x INT)",
            "SELECT * FROM left_over",
        ),
        ("PREPARE left_over FROM 'SELECT 1'", "EXECUTE left_over"),
    ] {
        ask("", leftover).await?.expect(200);
        assert_eq!(ask("", look).await?.status, 400, "after {leftover}");
    }
    let count = ask("", "SELECT COUNT(*) FROM mark").await?.expect(200);
    assert_eq!(count.text(), "DbValue::Int64(0)", "nothing was committed");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_goes_from_one_function_to_the_next() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let id = "SELECT CONNECTION_ID()";
    let first = sql(&running, &database, "", id).await?.expect(200).text();
    for _ in 0..3 {
        let next = sql(&running, &database, "", id).await?;
        assert_eq!(next.expect(200).text(), first);
    }
    let admin = running.admin().await?;
    let limit = metrics::sum(&admin, "spindrift_database_connections_limit", &[]).await?;
    assert_eq!(limit, 1.0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_statement_whose_function_was_killed_does_not_go_on_and_lets_go_of_its_locks() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let ask = async |then: &str, script: &str| sql(&running, &database, then, script).await;
    ask("", "CREATE TABLE mark (x INT)\nINSERT INTO mark VALUES (1)")
        .await?
        .expect(200);
    let slow = "BEGIN\nUPDATE mark SET x = 2\nSELECT SLEEP(600)";
    ask("", slow).await?.problem(504, "function-timeout");
    let sleeping = "SELECT COUNT(*) FROM information_schema.processlist \
        WHERE info LIKE '%SLEEP%' AND id <> CONNECTION_ID()";
    within(Duration::from_secs(10), "the query to end", async || {
        let answer = ask("", sleeping).await.ok()?;
        (answer.text() == "DbValue::Int64(0)").then_some(())
    })
    .await?;
    for then in ["", "loop", ""] {
        let update = "UPDATE mark SET x = x + 10\nSELECT x FROM mark";
        let answer = ask("", update).await?.expect(200);
        // One that was at nothing when its function ended has the same end.
        let left = ask(then, "BEGIN\nUPDATE mark SET x = 0").await?;
        assert_eq!(left.status, if then.is_empty() { 200 } else { 504 });
        assert!(answer.text().ends_with("1)"), "{}", answer.text());
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_the_server_ended_is_replaced() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let id = sql(&running, &database, "", "SELECT CONCAT(CONNECTION_ID())").await?;
    let kill = format!("KILL {}", id.expect(200).text());
    assert_eq!(sql(&running, &database, "", &kill).await?.status, 400);
    let next = sql(&running, &database, "", "SELECT 'here'").await?;
    assert_eq!(next.expect(200).text(), "here");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn who_finds_no_connection_waits_for_one() -> Result {
    let Some(database) = mariadb().await? else {
        return Ok(());
    };
    let running = one_connection(&database).await?;
    let slow = sql(&running, &database, "", "SELECT SLEEP(1)");
    let next = sql(&running, &database, "", "SELECT 'here'");
    let (slow, next) = futures::try_join!(slow, next)?;
    slow.expect(200);
    assert_eq!(next.expect(200).text(), "here");
    running.stop().await?;
    Ok(())
}
