//! The other commands: `serve`, `migrate`, `backup`, `restore`, `doctor`.

use anyhow::ensure;
use serde_json::json;
use spindrift_tests::{Database, Ended, Start, scratch, tokens, workspace};

use crate::Result;

fn well(ended: Ended) -> Result<String> {
    ensure!(ended.status.success(), "{}{}", ended.stdout, ended.stderr);
    Ok(ended.stdout)
}

#[tokio::test]
async fn up_uses_the_database_that_is_named_and_migrates_it() -> Result {
    let database = Database::new().await?;
    for schema in ["todo", "spindrift", "spindrift_migrations"] {
        database
            .connect()
            .await?
            .batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))
            .await?;
    }
    let start = Start::private_todo()
        .await?
        .env("DATABASE_URL", &database.superuser_url);
    let running = start.run().await?;
    assert!(
        !running.state().join("postgres").exists(),
        "a private database was made"
    );
    let person = running.api.sign_up().await?;
    person.task(&json!({"title": "x"})).await?;
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 1);
    // Functions have their roles, though the login is a superuser.
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'postgres'";
    assert!(database.count(sql).await? > 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn serve_serves_what_was_compiled_before() -> Result {
    let database = Database::new().await?;
    // Compiles into its state folder.
    let compiled = Start::todo(&database).await?.run().await?.stop().await?;
    let manifest = workspace().join("spin.toml").display().to_string();
    let state = compiled.state().display().to_string();
    let start = Start::command(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "off",
        "--from",
        &manifest,
    ])?;
    let start = start
        .args(&["--state-dir", &state])
        .env("DATABASE_URL", &database.superuser_url);
    let running = start.variable("jwt_key", tokens::SEED).run().await?;
    running.api.get("/health").send().await?.expect(200);
    let person = running.api.sign_up().await?;
    person.task(&json!({"title": "x"})).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn migrate_says_what_it_did_and_that_nothing_is_left() -> Result {
    let database = Database::new().await?;
    let manifest = workspace().join("spin.toml").display().to_string();
    let start = Start::command(&["migrate", "--from", &manifest])?
        .env("DATABASE_URL", &database.superuser_url);
    insta::assert_snapshot!("nothing_to_migrate", well(start.end().await?)?);
    Ok(())
}

#[tokio::test]
async fn a_backup_taken_while_serving_brings_everything_back() -> Result {
    let folder = scratch()?;
    let file = folder.path().join("todo.backup").display().to_string();
    let running = Start::private_todo().await?.run().await?;
    let manifest = workspace().join("spin.toml").display().to_string();
    let state = running.state().display().to_string();
    let command =
        |name: &str| Start::command(&[name, &file, "--from", &manifest, "--state-dir", &state]);
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "kept"})).await?;
    well(command("backup")?.end().await?)?;
    // A file that is there is not replaced by accident.
    let again = command("backup")?.end().await?;
    assert!(
        !again.status.success() && again.stderr.contains("--force"),
        "{}",
        again.stderr
    );
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
    person.delete(&path).send().await?.expect(204);
    // Not under a running program.
    let under = command("restore")?.end().await?;
    assert!(!under.status.success(), "{}", under.stdout);
    let start = running.stop().await?;
    well(command("restore")?.end().await?)?;
    let running = start.run().await?;
    let person = running
        .api
        .with_token(person.token.as_deref().unwrap_or(""));
    assert_eq!(person.get(&path).send().await?.expect(200).json(), task);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn doctor_names_every_prerequisite() -> Result {
    let manifest = workspace().join("spin.toml").display().to_string();
    let start = Start::command(&["doctor", "--listen", "127.0.0.1:0", "--from", &manifest])?;
    let state = start.state().display().to_string();
    let ended = start.args(&["--state-dir", &state]).end().await?;
    let text = format!("{}{}", ended.stdout, ended.stderr).to_lowercase();
    for subject in ["postgresql", "spin.toml", "wasm32-wasip2"] {
        assert!(text.contains(subject), "{subject} is not in:\n{text}");
    }
    Ok(())
}

#[tokio::test]
async fn help_and_version_answer() -> Result {
    for command in [
        "up", "serve", "migrate", "build", "doctor", "backup", "restore",
    ] {
        let help = well(Start::command(&[command, "--help"])?.end().await?)?;
        assert!(help.contains("Usage: spindrift"), "{help}");
    }
    assert!(well(Start::command(&["--version"])?.end().await?)?.starts_with("spindrift "));
    let ended = Start::command(&["upp"])?.end().await?;
    assert_eq!(ended.status.code(), Some(2));
    assert!(ended.stderr.contains("'up'"), "{}", ended.stderr);
    Ok(())
}
