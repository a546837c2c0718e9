//! WASI 0.2 components run like the others.

use reqwest::Method;
use spindrift_tests::{Answer, Database, Running, Start};

use crate::Result;

async fn older(running: &Running, what: &str, argument: &str) -> Result<Answer> {
    let request = running.api.call(Method::POST, &format!("/older/{what}"));
    request.body(argument.to_owned()).send().await
}

#[tokio::test]
async fn a_wasi_0_2_component_has_its_variables_and_its_store() -> Result {
    let running = Start::guests()
        .await?
        .variable("greeting", "ahoy")
        .run()
        .await?;
    assert_eq!(
        running
            .api
            .get("/older/greeting")
            .send()
            .await?
            .expect(200)
            .text(),
        "ahoy"
    );
    for expected in ["1", "2", "3"] {
        assert_eq!(
            running
                .api
                .get("/older/count")
                .send()
                .await?
                .expect(200)
                .text(),
            expected
        );
    }
    let echo = running.api.call(Method::POST, "/older/echo").body("said");
    assert_eq!(echo.send().await?.expect(200).text(), "said");
    // What was stored outlives the process.
    let running = running.stop().await?.run().await?;
    assert_eq!(
        running
            .api
            .get("/older/count")
            .send()
            .await?
            .expect(200)
            .text(),
        "4"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn wasi_config_tells_a_component_its_own_variables() -> Result {
    let start = Start::guests().await?;
    let running = start.variable("greeting", "ahoy").run().await?;
    for (name, expected) in [("greeting", r#"Some("ahoy")"#), ("secret", "None")] {
        let told = older(&running, "config", name).await?.expect(200).text();
        assert_eq!(told, format!("{expected} of database_url,greeting"));
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_bucket_is_the_store_of_its_label_to_whom_that_was_granted() -> Result {
    let running = Start::guests().await?.run().await?;
    older(&running, "count", "").await?.expect(200);
    let read = older(&running, "bucket", "default").await?.expect(200);
    assert_eq!(read.text(), r#"Some("1")"#);
    let denied = older(&running, "bucket", "other").await?.expect(400).text();
    assert!(denied.contains("AccessDenied"), "{denied}");
    let log = running.log();
    assert!(
        log.contains(r#"key_value_stores = [\"other\"]"#),
        "the log does not say what would allow it:\n{log}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn nobody_comes_between_what_is_atomic() -> Result {
    let running = Start::guests().await?.run().await?;
    let adding = (0..20).map(|_| older(&running, "increment", "2"));
    for answer in futures::future::join_all(adding).await {
        answer?.expect(200);
    }
    let sum = older(&running, "increment", "-42").await?.expect(200);
    assert_eq!(sum.text(), "-2");
    let swapped = older(&running, "swap", "").await?.expect(200);
    assert_eq!(swapped.text(), r#"[None, Some("one"), Some("again")]"#);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn many_keys_are_written_deleted_and_read_at_once_and_listed_by_the_page() -> Result {
    let running = Start::guests().await?.run().await?;
    let pages = older(&running, "pages", "").await?.expect(200);
    assert_eq!(pages.text(), "[10000, 1]");
    let found = older(&running, "batch", "").await?.expect(200);
    assert_eq!(found.text(), r#"[("a", Some([49])), ("b", None)]"#);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn version_3_of_the_postgres_interface_has_its_values_and_errors() -> Result {
    let database = Database::new().await?;
    let start = Start::guests()
        .await?
        .variable("database_url", &database.worker_url)
        .variable("database_host", &database.host);
    let running = start.run().await?;
    let values = "SELECT $1::text AS word, 7::int8, NULL::int4, '2026-01-02'::date, \
        true, 1.5::float8, '\\x00ff'::bytea, 1.5::numeric";
    let told = older(&running, "postgres", values).await?.expect(200);
    let told = told.text();
    for part in [
        "word",
        "Str(\"older\")",
        "Int64(7)",
        "DbNull",
        "Date((2026, 1, 2))",
        "Boolean(true)",
        "Floating64(1.5)",
        "Binary([0, 255])",
        "DbDataType::Other",
        "DbValue::Unsupported",
    ] {
        assert!(told.contains(part), "no {part} in {told}");
    }
    let failed = older(&running, "postgres", "SELECT $1::text FROM nowhere").await?;
    let failed = failed.expect(400).text();
    assert!(
        failed.contains("QueryFailed") && failed.contains("nowhere"),
        "{failed}"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn version_2_of_the_postgres_interface_has_its_values_and_errors() -> Result {
    let database = Database::new().await?;
    let start = Start::guests()
        .await?
        .variable("database_url", &database.worker_url)
        .variable("database_host", &database.host);
    let running = start.run().await?;
    let values = "SELECT $1::text AS word, 7::int8, -3::int2, NULL::int4, true, 1.5::float8, \
        '\\x00ff'::bytea, '2026-01-02'::date";
    let told = older(&running, "postgres-2", values).await?.expect(200);
    let told = told.text();
    for part in [
        "word",
        "Str(\"older\")",
        "Int64(7)",
        "Int16(-3)",
        "DbNull",
        "Boolean(true)",
        "Floating64(1.5)",
        "Binary([0, 255])",
        "DbDataType::Other",
        "DbValue::Unsupported",
    ] {
        assert!(told.contains(part), "no {part} in {told}");
    }
    let rows = "SELECT generate_series(1, 3)";
    let told = older(&running, "postgres-2-execute", rows).await?;
    assert_eq!(told.expect(200).text(), "3");
    for (what, statement, parts) in [
        (
            "postgres-2",
            "SELECT $1::text FROM nowhere",
            ["QueryFailed", "nowhere"],
        ),
        (
            "postgres-2-unsigned",
            "SELECT $1::int4",
            ["BadParameter", "unsigned"],
        ),
    ] {
        let failed = older(&running, what, statement).await?.expect(400).text();
        for part in parts {
            assert!(failed.contains(part), "no {part} in {failed}");
        }
    }
    running.stop().await?;
    Ok(())
}
