//! The other commands: `serve`, `migrate`, `backup`, `restore`, `doctor`.

use anyhow::{Context, ensure};
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
async fn a_release_expands_the_schema_first_and_contracts_it_later() -> Result {
    let database = Database::new().await?;
    let client = database.connect().await?;
    client
        .batch_execute("DROP SCHEMA spindrift CASCADE")
        .await?;
    let folder = scratch()?;
    let write = |name: &str, sql: &str| std::fs::write(folder.path().join(name), sql);
    write(
        "spin.toml",
        "spin_manifest_version = 2\n[application]\nname = \"x\"\n[[trigger.http]]\nroute = \"/\"\n\
         static_response = {}\n[application.tool.spindrift.database]\nmigrations = \".\"\n",
    )?;
    write("0001_a.sql", "CREATE TABLE a (old int, new int);")?;
    write("0002_b.sql", "-- contract\nALTER TABLE a DROP COLUMN old;")?;
    let from = folder.path().display().to_string();
    let migrate = |more: &[&str]| {
        let start = Start::command(&["migrate", "--from", &from])?.args(more);
        anyhow::Ok(start.env("DATABASE_URL", &database.superuser_url))
    };
    let expand = migrate(&["--phase", "expand", "--wait", "60s"])?
        .end()
        .await?;
    let said: Vec<serde_json::Value> = expand
        .stderr
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let done = said.iter().find(|record| record["message"] == "migrated");
    let done = done.context("no record")?;
    assert_eq!(
        (&done["schema"], &done["waiting"]),
        (&json!("0001_a.sql"), &json!(1))
    );
    assert_eq!(
        well(expand)?,
        "Applied 1 of 2 migrations: 0001_a.sql; waiting for the contract phase: 0002_b.sql\n"
    );
    let again = well(migrate(&["--phase", "expand"])?.end().await?)?;
    assert_eq!(
        again,
        "Nothing to do: the database has 1 of 2 migrations; waiting for the contract phase: 0002_b.sql\n"
    );
    let contract = well(migrate(&["--phase", "contract"])?.end().await?)?;
    assert_eq!(contract, "Applied 1 of 2 migrations: 0002_b.sql\n");
    Ok(())
}

#[tokio::test]
async fn a_migration_waits_for_a_database_as_long_as_it_is_told() -> Result {
    let manifest = workspace().join("spin.toml").display().to_string();
    let nowhere = Start::command(&["migrate", "--from", &manifest, "--wait", "1200ms"])?.env(
        "DATABASE_URL",
        "postgres://nobody@127.0.0.1:1/none?sslmode=disable",
    );
    let began = std::time::Instant::now();
    let ended = nowhere.end().await?;
    assert_eq!(ended.status.code(), Some(1));
    assert!(
        ended
            .stderr
            .contains("cannot connect to PostgreSQL at 127.0.0.1:1"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("waiting for the database"),
        "{}",
        ended.stderr
    );
    assert!(began.elapsed().as_millis() >= 500);
    // What does not pass is said at once.
    let database = Database::new().await?;
    let url = format!(
        "postgres://nobody@{}/{}?sslmode=disable",
        database.host, database.name
    );
    let refused = Start::command(&["migrate", "--from", &manifest, "--wait", "60s"])?;
    let began = std::time::Instant::now();
    let ended = refused.env("DATABASE_URL", &url).end().await?;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.stderr);
    assert!(began.elapsed().as_secs() < 20);
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
        "up", "serve", "edge", "smoke", "migrate", "build", "doctor", "backup", "restore",
        "plugin", "trigger",
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

#[tokio::test]
async fn shells_complete_the_commands() -> Result {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = well(Start::command(&["completions", shell])?.end().await?)?;
        assert!(script.contains("deploy"), "{shell}");
        if shell == "bash" {
            let folder = scratch()?;
            let file = folder.path().join("completions");
            std::fs::write(&file, script)?;
            let read = std::process::Command::new("bash")
                .arg("-n")
                .arg(file)
                .status()?;
            assert!(read.success());
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_manual_has_a_page_for_each_command() -> Result {
    let first = well(Start::command(&["man"])?.end().await?)?;
    assert!(first.contains(".TH spindrift 1"), "{first}");
    let folder = scratch()?;
    let output = folder.path().join("man1");
    let start = Start::command(&["man", "--output", &output.display().to_string()])?;
    well(start.end().await?)?;
    for page in ["spindrift.1", "spindrift-up.1", "spindrift-dlq-replay.1"] {
        assert!(output.join(page).is_file(), "{page}");
    }
    Ok(())
}
