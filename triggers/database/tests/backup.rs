//! Backup and restore of a private database.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use anyhow::Result;
use spindrift_database::backup::backup;
use spindrift_database::{connect, restore};
use support::{Running, ask};

const APP: &str = "spindrift_app";

async fn filled() -> Result<Running> {
    let running = Running::start().await?;
    running.server.access().ensure_roles([APP]).await?;
    running
        .execute(
            "CREATE SCHEMA todo; CREATE TABLE todo.t AS SELECT n, 'ü' || n AS text FROM generate_series(1, 500) n; \
             GRANT USAGE ON SCHEMA todo TO spindrift_app; GRANT SELECT ON todo.t TO spindrift_app; \
             ALTER TABLE todo.t ENABLE ROW LEVEL SECURITY; ALTER TABLE todo.t FORCE ROW LEVEL SECURITY; \
             CREATE POLICY app ON todo.t TO spindrift_app USING (n > 1)",
        )
        .await?;
    Ok(running)
}

#[tokio::test]
async fn a_backup_comes_back_in_another_state_folder_with_rows_rights_and_policies() -> Result<()> {
    let running = filled().await?;
    let file = running.scratch.folder.path().join("before.dump");
    backup(running.server.access(), &file).await?;
    assert_eq!(fs::metadata(&file)?.permissions().mode() & 0o777, 0o600);

    let other = Running::start().await?;
    let restored = restore(&other.server, &file, [APP], &|_| {}).await?;
    assert_eq!(restored.replaced, None, "there was nothing to keep");
    let urls = other.server.access().ensure_roles([APP]).await?;
    assert_eq!(
        ask(&urls[APP], "SELECT count(*) FROM todo.t").await?,
        "499",
        "the policy came along"
    );
    let owner = other
        .ask("SELECT tableowner FROM pg_tables WHERE tablename = 't'")
        .await?;
    assert_eq!(owner, "spindrift_owner");
    assert_eq!(
        other.ask("SELECT count(*) FROM todo.t").await?,
        "0",
        "row-level security is still forced"
    );
    other.stop().await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_restore_goes_back_in_time_and_keeps_what_it_replaced() -> Result<()> {
    let running = filled().await?;
    let file = running.scratch.folder.path().join("before.dump");
    backup(running.server.access(), &file).await?;
    let _session = connect(&running.owner_url()?).await?;
    running
        .execute("CREATE TABLE later AS SELECT 1 AS n")
        .await?;
    for _ in 0..2 {
        let restored = restore(&running.server, &file, [APP], &|_| {}).await?;
        assert_eq!(
            restored.replaced.as_deref(),
            Some("spindrift_before_restore")
        );
        assert_eq!(
            running.ask("SELECT to_regclass('later') IS NULL").await?,
            "t"
        );
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_nothing_is_touched() -> Result<()> {
    let running = filled().await?;
    running
        .execute("CREATE TABLE kept AS SELECT 42 AS n")
        .await?;
    let file = running.scratch.folder.path().join("before.dump");
    backup(running.server.access(), &file).await?;
    let whole = fs::read(&file)?;
    // No backup at all, one cut off in its table of contents, and one cut off in its rows.
    for bytes in [&b"hello"[..], &whole[..200], &whole[..whole.len() - 300]] {
        fs::write(&file, bytes)?;
        let text = restore(&running.server, &file, [APP], &|_| {})
            .await
            .expect_err("a damaged file")
            .to_string();
        assert!(
            text.contains("before.dump") && text.contains("is as it was"),
            "{text}"
        );
        assert_eq!(running.ask("SELECT n FROM kept").await?, "42");
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_backup_that_fails_leaves_no_file_and_the_old_one_alone() -> Result<()> {
    let running = filled().await?;
    let file = running.scratch.folder.path().join("before.dump");
    fs::write(&file, "the old one")?;
    let access = running.server.access().clone();
    let scratch = running.stop().await?;
    backup(&access, &file).await.expect_err("no server");
    assert_eq!(fs::read_to_string(&file)?, "the old one");
    assert_eq!(
        fs::read_dir(scratch.folder.path())?.count(),
        2,
        "the state folder and the old backup"
    );
    let missing = scratch.folder.path().join("no/such/folder/x.dump");
    let text = backup(&access, &missing)
        .await
        .expect_err("no folder")
        .to_string();
    assert!(text.contains("no/such/folder"), "{text}");
    Ok(())
}
