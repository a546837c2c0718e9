//! Backups that are kept elsewhere: from a database with people's data into a real bucket,
//! and from there into an empty server, where everything is compared.

mod elsewhere;
mod same;

use std::fs;
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

use age::secrecy::ExposeSecret;
use age::x25519;
use anyhow::{Context, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use spindrift_test_bucket::Bucket;
use spindrift_tests::{Database, Ended, Start, program, scratch, until, workspace};
use tempfile::TempDir;
use tokio::process::Command;

use self::elsewhere::Elsewhere;
use crate::{Result, todo};

/// A bucket and a key, and the commands on them.
struct Kept {
    bucket: Bucket,
    recipient: String,
    /// With the key in it.
    folder: TempDir,
}

impl Kept {
    async fn new() -> Result<Self> {
        let (folder, identity) = (scratch()?, x25519::Identity::generate());
        let secret = identity.to_string();
        fs::write(folder.path().join("backup.key"), secret.expose_secret())?;
        Ok(Self {
            bucket: Bucket::start().await?,
            recipient: identity.to_public().to_string(),
            folder,
        })
    }

    fn key(&self) -> String {
        self.folder.path().join("backup.key").display().to_string()
    }

    /// `spindrift backup ...` on the bucket.
    fn command(&self, arguments: &[&str]) -> Result<Start> {
        let manifest = workspace().join("spin.toml").display().to_string();
        let mut start = Start::command(&["backup"])?.args(arguments).args(&[
            "--store",
            &self.bucket.address("todo"),
            "--from",
            &manifest,
        ]);
        for (name, value) in self.bucket.environment() {
            start = start.env(&name, &value);
        }
        Ok(start)
    }

    fn create(&self, url: &str) -> Result<Start> {
        let start = self.command(&["create", "--recipient", &self.recipient])?;
        Ok(start.env("DATABASE_URL", url))
    }

    fn verify(&self) -> Result<Start> {
        self.command(&["verify", "latest", "--identity", &self.key()])
    }

    fn restore(&self, url: &str) -> Result<Start> {
        let start = self.command(&["restore", "latest", "--identity", &self.key()])?;
        Ok(start.env("DATABASE_URL", url))
    }

    /// The one backup that there is.
    fn file(&self) -> Result<std::path::PathBuf> {
        let entry = fs::read_dir(self.bucket.file("todo"))?.next();
        Ok(entry.context("no backup")??.path())
    }
}

/// What a command printed that went well. No secret is in anything that it says.
fn well(ended: Ended, kept: &Kept) -> Result<String> {
    let said = format!("{}{}", ended.stdout, ended.stderr);
    ensure!(ended.status.success(), "{said}");
    ensure!(!said.contains(kept.bucket.secret()), "{said}");
    Ok(ended.stdout)
}

fn badly(ended: Ended, kept: &Kept) -> Result<String> {
    ensure!(ended.status.code() == Some(1), "{}", ended.stdout);
    ensure!(
        !ended.stderr.contains(kept.bucket.secret()),
        "{}",
        ended.stderr
    );
    Ok(ended.stderr)
}

/// How many tasks there are beside those that people made. More measure: see
/// docs/runbooks/disaster-recovery.md.
fn tasks() -> i64 {
    let given = std::env::var("BACKUPS_TASKS").ok();
    given.and_then(|text| text.parse().ok()).unwrap_or(500)
}

/// A database with accounts, tasks in all states, series, events and notifications.
async fn lived_in() -> Result<Database> {
    let (running, database) = todo().await?;
    let person = running.api.sign_up().await?;
    let task = person
        .task(&json!({"title": "Water the plants", "tags": ["home"], "due_at": "2030-01-01T08:00:00Z"}))
        .await?;
    let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or_default());
    let completed = person.patch(&path, &json!({"status": "completed"}));
    completed.send().await?.expect(200);
    let other = running.api.sign_up().await?;
    let series = json!({
        "title": "Pay rent", "recurrence_type": "weekly",
        "start_date": "2040-01-02T09:00:00Z", "time_zone": "Europe/Brussels",
    });
    let series = other.post("/api/recurring-tasks", &series).send().await?;
    series.expect(201);
    running.stop().await?;
    let rows = format!(
        "INSERT INTO todo.tasks (id, user_id, title, description, tags, created_at, updated_at) \
         SELECT gen_random_uuid(), (SELECT id FROM todo.users LIMIT 1), 'Task ' || n, \
                md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text), ARRAY['tab\t', 'ünï', '\\\\.'], now(), now() \
         FROM generate_series(1, {}) AS n",
        tasks()
    );
    database.connect().await?.batch_execute(&rows).await?;
    Ok(database)
}

/// Tells a figure, where somebody looks.
fn tell(line: &str) {
    _ = writeln!(stderr(), "{line}");
}

fn tell_time(what: &str, since: Instant) {
    tell(&format!("{what}: {:.1} s", since.elapsed().as_secs_f64()));
}

#[tokio::test]
async fn a_backup_comes_back_in_an_empty_server_row_by_row() -> Result {
    let (kept, database) = (Kept::new().await?, lived_in().await?);
    let size = database
        .count("SELECT pg_database_size(current_database())")
        .await?;
    tell(&format!("a database of {} MiB", size >> 20));
    let began = Instant::now();
    let said = well(kept.create(&database.superuser_url)?.end().await?, &kept)?;
    tell_time("create", began);
    assert!(said.contains("Made todo-2"), "{said}");
    assert_eq!((kept.bucket.objects("todo"), kept.bucket.parts()?), (1, 0));
    let stored = fs::read(kept.file()?)?;
    assert!(stored.starts_with(b"age-encryption.org/v1\n"));
    tell(&format!("a backup of {} MiB", stored.len() >> 20));

    let listed = well(kept.command(&["list"])?.end().await?, &kept)?;
    assert!(
        listed.starts_with("todo-2") && listed.lines().count() == 1,
        "{listed}"
    );

    let began = Instant::now();
    let said = well(kept.verify()?.end().await?, &kept)?;
    tell_time("verify", began);
    let rows = database.count("SELECT count(*) FROM todo.tasks").await?;
    assert!(said.contains(&format!("{rows:>12}  todo.tasks")), "{said}");
    assert!(said.contains("is whole: "), "{said}");

    let elsewhere = Elsewhere::start().await?;
    let empty = elsewhere.database("restored").await?;
    let began = Instant::now();
    let said = well(kept.restore(&empty.admin_url)?.end().await?, &kept)?;
    tell_time("restore", began);
    assert!(said.contains("Restored todo-2"), "{said}");
    same::compare(&database.connect().await?, &empty.connect().await?).await?;

    // Not over what is there.
    let text = badly(kept.restore(&empty.admin_url)?.end().await?, &kept)?;
    assert!(text.contains("restored is not empty"), "{text}");
    assert!(text.contains("CREATE DATABASE"), "{text}");
    elsewhere.stop().await?;
    Ok(())
}

#[tokio::test]
async fn what_is_damaged_cut_or_for_another_key_is_told_apart_and_restores_nothing() -> Result {
    let (kept, database) = (Kept::new().await?, Database::new().await?);
    well(kept.create(&database.superuser_url)?.end().await?, &kept)?;
    let elsewhere = Elsewhere::start().await?;
    let empty = elsewhere.database("untouched").await?;
    let (file, other) = (kept.file()?, kept.folder.path().join("other.key"));
    let stranger = x25519::Identity::generate();
    fs::write(&other, stranger.to_string().expose_secret())?;
    let other = other.display().to_string();
    let whole = fs::read(&file)?;
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let cut = whole[..whole.len() - 100].to_vec();
    for (bytes, key, says) in [
        (&whole, &other, "was encrypted for somebody else"),
        (
            &flipped,
            &kept.key(),
            "is damaged: its bytes are not those that were written",
        ),
        (&cut, &kept.key(), "is damaged"),
    ] {
        fs::write(&file, bytes)?;
        for command in ["verify", "restore"] {
            let start = kept.command(&[command, "latest", "--identity", key])?;
            let start = start.env("DATABASE_URL", &empty.admin_url);
            let text = badly(start.end().await?, &kept)?;
            assert!(text.contains(says), "{command}: {says:?} is not in: {text}");
        }
        assert_eq!(empty.tables().await?, 0, "{says}");
    }
    let missing = kept.command(&[
        "verify",
        "todo-20200101T000000Z.dump.age",
        "--identity",
        &kept.key(),
    ])?;
    let text = badly(missing.end().await?, &kept)?;
    assert!(
        text.contains("there is no todo-20200101T000000Z.dump.age"),
        "{text}"
    );
    fs::write(&file, &whole)?;
    well(kept.restore(&empty.admin_url)?.end().await?, &kept)?;
    elsewhere.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_role_that_policies_bind_makes_no_backup_and_learns_which_does() -> Result {
    let (kept, database) = (Kept::new().await?, Database::new().await?);
    for url in [&database.owner_url, &database.app_url] {
        let text = badly(kept.create(url)?.end().await?, &kept)?;
        assert!(text.contains("pg_dump failed"), "{text}");
        assert!(
            text.contains("BYPASSRLS") || text.contains("may read every table"),
            "{text}"
        );
        let password = url.split([':', '@']).nth(2).context("a password")?;
        assert!(!text.contains(password), "{text}");
    }
    assert_eq!((kept.bucket.objects("todo"), kept.bucket.parts()?), (0, 0));
    Ok(())
}

#[tokio::test]
async fn a_backup_that_is_interrupted_leaves_nothing() -> Result {
    let (kept, database) = (Kept::new().await?, Database::new().await?);
    for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
        kept.bucket.hold_part(1);
        let seen = kept.bucket.seen();
        let manifest = workspace().join("spin.toml");
        let mut child = Command::new(program()?)
            .args(["backup", "create", "--recipient", &kept.recipient])
            .args(["--store", &kept.bucket.address("todo"), "--from"])
            .arg(manifest)
            .envs(kept.bucket.environment())
            .env("DATABASE_URL", &database.superuser_url)
            .kill_on_drop(true)
            .spawn()?;
        until("a part to be sent", async || {
            (kept.bucket.seen() > seen).then_some(())
        })
        .await?;
        let pid = Pid::from_raw(child.id().context("it has ended")?.cast_signed());
        kill_process(pid.context("a process")?, signal)?;
        let status = tokio::time::timeout(Duration::from_secs(20), child.wait()).await??;
        assert!(!status.success());
        let listed = well(kept.command(&["list"])?.end().await?, &kept)?;
        assert!(listed.contains("No backups"), "{listed}");
    }
    Ok(())
}
