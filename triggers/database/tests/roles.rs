//! Roles: logins of their own on the private server, settings of the connection elsewhere.

mod support;

use anyhow::{Context, Result};
use spindrift_database::{Error, connect, roles};
use support::{Running, ask};

const APP: &str = "spindrift_app";
const WORKER: &str = "spindrift_worker";
const WHO: &str = "SELECT session_user || ' as ' || current_user";

#[tokio::test]
async fn each_role_of_the_private_server_logs_in_as_itself() -> Result<()> {
    let running = Running::start().await?;
    let urls = running.server.access().ensure_roles([APP, WORKER]).await?;
    for role in [APP, WORKER, "spindrift_owner"] {
        assert_eq!(ask(&urls[role], WHO).await?, format!("{role} as {role}"));
        assert_eq!(ask(&urls[role], "SHOW is_superuser").await?, "off");
    }
    assert_eq!(
        running.server.access().ensure_roles([APP, WORKER]).await?,
        urls,
        "passwords stay"
    );

    let scratch = running.stop().await?;
    std::fs::remove_file(scratch.state.path().join("secrets/role.spindrift_app"))?;
    let running = Running::start_on(scratch).await?;
    let renewed = running.server.access().ensure_roles([APP, WORKER]).await?;
    assert_ne!(renewed[APP], urls[APP], "a lost password is replaced");
    assert_eq!(ask(&renewed[APP], WHO).await?, format!("{APP} as {APP}"));
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_owner_is_bound_by_forced_row_level_security() -> Result<()> {
    let running = Running::start().await?;
    running
        .execute(
            "CREATE TABLE t AS SELECT 1 AS n; ALTER TABLE t ENABLE ROW LEVEL SECURITY; \
             ALTER TABLE t FORCE ROW LEVEL SECURITY",
        )
        .await?;
    assert_eq!(running.ask("SELECT count(*) FROM t").await?, "0");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn on_somebody_elses_server_a_role_is_a_setting_that_reset_comes_back_to() -> Result<()> {
    let running = Running::start().await?;
    connect(&running.superuser_url()?)
        .await?
        .batch_execute("CREATE ROLE someone LOGIN CREATEROLE PASSWORD 'secret'; GRANT CREATE ON DATABASE spindrift TO someone")
        .await?;
    let url = format!(
        "postgres://someone:secret@{}/spindrift",
        running.server.access().host()
    );
    let urls = roles::ensure(&url, [APP, WORKER]).await?;
    assert_eq!(ask(&urls[APP], WHO).await?, "someone as spindrift_app");
    assert_eq!(
        ask(&urls[WORKER], WHO).await?,
        "someone as spindrift_worker"
    );
    let client = connect(&urls[APP]).await?;
    client
        .batch_execute("SET ROLE spindrift_worker; RESET ROLE; RESET ALL")
        .await?;
    let user: String = client
        .query_one("SELECT current_user::text", &[])
        .await?
        .get(0);
    assert_eq!(user, APP);
    assert_eq!(
        roles::ensure(&url, [APP, WORKER]).await?,
        urls,
        "a second time there is nothing to do"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_user_that_may_not_make_roles_is_told_what_an_administrator_must_run() -> Result<()> {
    let running = Running::start().await?;
    let error = roles::ensure(&running.owner_url()?, [APP])
        .await
        .expect_err("no right to make roles");
    let Error::Roles { sql, .. } = &error else {
        anyhow::bail!("another error: {error}")
    };
    assert!(error.to_string().contains("SPIN_VARIABLE_"), "{error}");
    connect(&running.superuser_url()?)
        .await?
        .batch_execute(sql)
        .await?;
    let urls = roles::ensure(&running.owner_url()?, [APP]).await?;
    assert_eq!(
        ask(&urls[APP], WHO).await?,
        "spindrift_owner as spindrift_app"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_superuser_is_no_role_for_functions() -> Result<()> {
    let running = Running::start().await?;
    let text = running
        .server
        .access()
        .ensure_roles(["postgres"])
        .await
        .expect_err("reserved")
        .to_string();
    assert!(text.contains("\"postgres\""), "{text}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_role_with_a_strange_name_works_all_the_same() -> Result<()> {
    let running = Running::start().await?;
    let name = "it's \"my\" role";
    let urls = running.server.access().ensure_roles([name]).await?;
    assert_eq!(ask(&urls[name], "SELECT current_user").await?, name);
    let borrowed = roles::ensure(&running.superuser_url()?, [name]).await?;
    let url = borrowed.get(name).context("a URL")?;
    assert_eq!(ask(url, "SELECT current_user").await?, name);
    running.stop().await?;
    Ok(())
}
