//! Migrations against a real server.

mod support;

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use spindrift_database::migrate::{expand, migrate, pending};
use support::Running;

struct Setup {
    running: Running,
    folder: PathBuf,
    url: String,
}

impl Setup {
    async fn new(files: &[(&str, &str)]) -> Result<Self> {
        let running = Running::start().await?;
        let folder = running.scratch.folder.path().join("migrations");
        fs::create_dir(&folder)?;
        let url = running.owner_url()?;
        let setup = Self {
            running,
            folder,
            url,
        };
        for (name, sql) in files {
            setup.write(name, sql)?;
        }
        Ok(setup)
    }

    fn write(&self, name: &str, sql: &str) -> Result<()> {
        Ok(fs::write(self.folder.join(name), sql)?)
    }

    async fn migrate(&self) -> Result<Vec<String>, String> {
        migrate(&self.url, &self.folder, &|_| {})
            .await
            .map(|report| report.applied)
            .map_err(|error| error.to_string())
    }
}

#[tokio::test]
async fn a_contract_waits_until_it_is_asked_for() -> Result<()> {
    let setup = Setup::new(&[
        ("0001_a.sql", "CREATE TABLE a (old int);"),
        ("0002_b.sql", "ALTER TABLE a ADD COLUMN new int;"),
        (
            "0003_c.sql",
            "-- Contract: nobody reads it\nALTER TABLE a DROP COLUMN old;",
        ),
    ])
    .await?;
    let expand = async || expand(&setup.url, &setup.folder, &|_| {}).await;
    let first = expand().await?;
    assert_eq!(first.applied, ["0001_a.sql", "0002_b.sql"]);
    assert_eq!(
        (first.total, &*first.waiting),
        (2, &["0003_c.sql".to_owned()][..])
    );
    assert_eq!(first.schema.as_deref(), Some("0002_b.sql"));
    let again = expand().await?;
    assert_eq!((again.applied.len(), again.waiting.len()), (0, 1));
    // What comes after it would come before it.
    setup.write("0004_d.sql", "CREATE TABLE d (id int);")?;
    let error = expand().await.unwrap_err().to_string();
    for part in [
        "0003_c.sql is a contract",
        "0004_d.sql comes after it",
        "Release the contract first",
    ] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
    assert_eq!(pending(&setup.url, &setup.folder).await?, 2);
    assert_eq!(
        setup.migrate().await,
        Ok(vec!["0003_c.sql".to_owned(), "0004_d.sql".to_owned()])
    );
    let last = expand().await?;
    assert_eq!(last.schema.as_deref(), Some("0004_d.sql"));
    assert_eq!((last.total, last.waiting.len()), (4, 0));
    Ok(())
}

#[tokio::test]
async fn files_are_applied_once_and_in_order() -> Result<()> {
    let setup = Setup::new(&[
        (
            "0001_users.sql",
            "CREATE SCHEMA todo; CREATE TABLE todo.users (id int);",
        ),
        (
            "0002_names.sql",
            "ALTER TABLE todo.users ADD COLUMN name text;\nINSERT INTO todo.users VALUES (1, 'x');",
        ),
    ])
    .await?;
    assert_eq!(pending(&setup.url, &setup.folder).await?, 2);
    assert_eq!(
        setup.migrate().await,
        Ok(vec![
            "0001_users.sql".to_owned(),
            "0002_names.sql".to_owned()
        ])
    );
    assert_eq!(setup.migrate().await, Ok(vec![]));
    assert_eq!(
        setup.running.ask("SELECT count(*) FROM todo.users").await?,
        "1"
    );
    setup.write("0003_more.sql", "INSERT INTO todo.users VALUES (2, 'y');")?;
    assert_eq!(setup.migrate().await, Ok(vec!["0003_more.sql".to_owned()]));
    assert_eq!(
        setup
            .running
            .ask("SELECT string_agg(name, ',' ORDER BY version) FROM spindrift.migrations")
            .await?,
        "users,names,more"
    );
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn runs_at_the_same_time_apply_each_file_once() -> Result<()> {
    let setup = Setup::new(&[
        (
            "0001_t.sql",
            "CREATE TABLE t (n int); SELECT pg_sleep(0.2);",
        ),
        ("0002_row.sql", "INSERT INTO t VALUES (1);"),
    ])
    .await?;
    let (a, b, c) = tokio::join!(setup.migrate(), setup.migrate(), setup.migrate());
    let total: usize = [a, b, c]
        .into_iter()
        .map(|applied| applied.expect("no run fails").len())
        .sum();
    assert_eq!(total, 2);
    assert_eq!(setup.running.ask("SELECT count(*) FROM t").await?, "1");
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_fails_halfway_leaves_nothing_and_names_its_line() -> Result<()> {
    let setup = Setup::new(&[
        ("0001_fine.sql", "CREATE TABLE t (n int);"),
        (
            "0002_broken.sql",
            "INSERT INTO t VALUES (1);\n\nINSERT INTO nowhere VALUES (1);",
        ),
    ])
    .await?;
    let text = setup.migrate().await.expect_err("a broken file");
    assert!(
        text.contains("0002_broken.sql:3:13") && text.contains("\"nowhere\" does not exist"),
        "{text}"
    );
    assert_eq!(setup.running.ask("SELECT count(*) FROM t").await?, "0");
    setup.write("0002_broken.sql", "INSERT INTO t VALUES (1);")?;
    assert_eq!(
        setup.migrate().await,
        Ok(vec!["0002_broken.sql".to_owned()])
    );
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_changed_or_vanished_after_it_was_applied_is_an_error() -> Result<()> {
    let setup = Setup::new(&[("0001_a.sql", "SELECT 1;"), ("0002_b.sql", "SELECT 2;")]).await?;
    setup.migrate().await.expect("a first run");
    setup.write("0001_a.sql", "SELECT 1; -- and more")?;
    let text = setup.migrate().await.expect_err("a changed file");
    assert!(
        text.contains("0001_a.sql was changed") && text.contains("0003_"),
        "{text}"
    );
    setup.write("0001_a.sql", "SELECT 1;")?;
    fs::remove_file(setup.folder.join("0002_b.sql"))?;
    let text = setup.migrate().await.expect_err("a vanished file");
    assert!(text.contains("0002_b.sql"), "{text}");
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_statement_that_no_transaction_may_hold_runs_outside_of_one() -> Result<()> {
    let setup = Setup::new(&[
        ("0001_t.sql", "CREATE TABLE t (n int);"),
        (
            "0002_index.sql",
            "-- no-transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS t_n ON t (n);",
        ),
    ])
    .await?;
    assert_eq!(setup.migrate().await.expect("both apply").len(), 2);
    setup.write(
        "0003_two.sql",
        "-- no-transaction\nSELECT 1;\nDROP INDEX CONCURRENTLY t_n;",
    )?;
    let text = setup.migrate().await.expect_err("two statements");
    assert!(text.contains("holds one statement"), "{text}");
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_commits_by_itself_is_refused() -> Result<()> {
    let setup = Setup::new(&[("0001_t.sql", "CREATE TABLE t (n int); COMMIT; SELECT 1;")]).await?;
    let text = setup.migrate().await.expect_err("a COMMIT");
    assert!(text.contains("ends its own transaction"), "{text}");
    setup.running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() -> Result<()> {
    let setup = Setup::new(&[]).await?;
    fs::remove_dir(&setup.folder)?;
    let text = setup.migrate().await.expect_err("no folder");
    assert!(text.contains("migrations"), "{text}");
    setup.running.stop().await?;
    Ok(())
}
