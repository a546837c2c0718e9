//! The private server, with a real PostgreSQL.

mod support;

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Result;
use rustix::process::Signal;
use spindrift_database::{Access, PrivateServer, Reached, StateFolder, connect, reach};
use support::{Running, Scratch, ask, kill, server_pid, wait_for};

#[tokio::test]
async fn a_first_start_makes_a_durable_database_that_only_passwords_open() -> Result<()> {
    let running = Running::start().await?;
    for (setting, value) in [
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
    ] {
        assert_eq!(
            running.ask(&format!("SHOW {setting}")).await?,
            value,
            "{setting}"
        );
    }
    assert_eq!(
        running
            .ask("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            .await?,
        "f"
    );
    let rules = fs::read_to_string(running.scratch.data().join("pg_hba.conf"))?;
    let rules: Vec<&str> = rules
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .collect();
    assert!(!rules.is_empty());
    for rule in rules {
        assert!(rule.ends_with("scram-sha-256"), "{rule}");
        assert!(
            rule.starts_with("local") || rule.contains("127.0.0.1/32") || rule.contains("::1/128"),
            "{rule}"
        );
    }
    let secret = running.scratch.state.path().join("secrets/role.postgres");
    assert_eq!(fs::metadata(secret)?.permissions().mode() & 0o777, 0o600);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_is_refused_over_tcp_and_over_the_socket() -> Result<()> {
    let running = Running::start().await?;
    let host = running.server.access().host();
    let port = host.rsplit(':').next().unwrap_or_default();
    let socket = running.scratch.state.path().join("postgres/run");
    for url in [
        format!("postgres://postgres:wrong@{host}/postgres"),
        format!(
            "host={} port={port} user=postgres password=wrong",
            socket.display()
        ),
        format!(
            "host={} port={port} user=spindrift_owner password=wrong dbname=spindrift",
            socket.display()
        ),
    ] {
        let text = connect(&url)
            .await
            .expect_err("a wrong password")
            .to_string();
        assert!(text.contains("28P01"), "{text}");
    }
    let password = running
        .scratch
        .state
        .secrets()
        .read("role.spindrift_owner")?
        .unwrap_or_default();
    let right = format!(
        "host={} port={port} user=spindrift_owner password={password} dbname=spindrift",
        socket.display()
    );
    assert_eq!(ask(&right, "SELECT 1").await?, "1");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_second_start_is_fast_and_keeps_data_and_port() -> Result<()> {
    let running = Running::start().await?;
    let host = running.server.access().host();
    running.execute("CREATE TABLE t AS SELECT 42 AS n").await?;
    let scratch = running.stop().await?;
    let begun = Instant::now();
    let running = Running::start_on(scratch).await?;
    let took = begun.elapsed();
    assert_eq!(running.server.access().host(), host);
    assert_eq!(running.ask("SELECT n FROM t").await?, "42");
    // Far above what it takes (0.1 s): the machine may be busy.
    assert!(took < Duration::from_secs(3), "{took:?}");
    println!("a warm start took {took:?}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_port_that_somebody_took_is_left_to_them() -> Result<()> {
    let running = Running::start().await?;
    let host = running.server.access().host();
    let scratch = running.stop().await?;
    let _taker = TcpListener::bind(&host)?;
    let running = Running::start_on(scratch).await?;
    assert_ne!(running.server.access().host(), host);
    assert_eq!(running.ask("SELECT 1").await?, "1");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn killing_the_server_loses_nothing_and_the_next_start_recovers() -> Result<()> {
    let mut running = Running::start().await?;
    running.execute("CREATE TABLE t (n int)").await?;
    running
        .execute("INSERT INTO t SELECT generate_series(1, 1000)")
        .await?;
    kill(Signal::KILL, server_pid(&running.scratch.data())?)?;
    let how = running.server.ended().await;
    assert!(how.contains("signal: 9"), "{how}");
    assert!(
        running.scratch.data().join("postmaster.pid").exists(),
        "a killed server leaves its pid file"
    );
    let Running {
        server,
        lock,
        scratch,
    } = running;
    drop((server, lock));
    let running = Running::start_on(scratch).await?;
    assert_eq!(running.ask("SELECT count(*) FROM t").await?, "1000");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_killed_server_is_started_again_on_its_port() -> Result<()> {
    let mut running = Running::start().await?;
    running.execute("CREATE TABLE t AS SELECT 42 AS n").await?;
    let host = running.server.access().host();
    // Its sessions outlive it, as long as they are busy.
    let busy = connect(&running.owner_url()?).await?;
    let sleeper = tokio::spawn(async move { busy.batch_execute("SELECT pg_sleep(60)").await });
    kill(Signal::KILL, server_pid(&running.scratch.data())?)?;
    running.server.ended().await;
    running.server.restart(&|_| {}).await?;
    assert_eq!(running.server.access().host(), host);
    assert_eq!(running.ask("SELECT n FROM t").await?, "42");
    assert!(
        sleeper.await?.is_err(),
        "the killed server's sessions are gone"
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_outlived_its_parent_is_stopped_first() -> Result<()> {
    let running = Running::start().await?;
    running.execute("CREATE TABLE t AS SELECT 42 AS n").await?;
    let first = server_pid(&running.scratch.data())?;
    let Running {
        server,
        lock,
        scratch,
    } = running;
    // What a crash does: the lock goes, the server stays.
    std::mem::forget(server);
    drop(lock);

    let said = Mutex::new(Vec::new());
    let lock = scratch.state.lock()?;
    let server = PrivateServer::start(&lock, &|line| {
        said.lock().expect("a poisoned lock").push(line.to_owned());
    })
    .await?;
    let said = said.into_inner()?;
    assert!(
        said.iter()
            .any(|line| line.contains(&format!("process {first}"))),
        "{said:?}"
    );
    let running = Running {
        server,
        lock,
        scratch,
    };
    assert_ne!(server_pid(&running.scratch.data())?, first);
    assert_eq!(running.ask("SELECT n FROM t").await?, "42");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_pid_file_with_the_number_of_some_other_process_is_no_obstacle() -> Result<()> {
    let running = Running::start().await?;
    let pid_file = running.scratch.data().join("postmaster.pid");
    let text = fs::read_to_string(&pid_file)?;
    let scratch = running.stop().await?;
    let (_, rest) = text.split_once('\n').unwrap_or_default();
    // A process of the user that the server runs as: PostgreSQL itself takes it for a server.
    let mut other = command_as_owner(&scratch, "sleep");
    let mut other = other.arg("600").spawn()?;
    fs::write(&pid_file, format!("{}\n{rest}", other.id()))?;
    let running = Running::start_on(scratch).await?;
    assert!(
        other.try_wait()?.is_none(),
        "the other process was left alone"
    );
    other.kill()?;
    other.wait()?;
    running.stop().await?;
    Ok(())
}

fn command_as_owner(scratch: &Scratch, program: &str) -> std::process::Command {
    let mut command = std::process::Command::new(program);
    let metadata = fs::metadata(scratch.data()).expect("a data folder");
    if rustix::process::geteuid().is_root() {
        std::os::unix::process::CommandExt::uid(&mut command, metadata.uid());
    }
    command
}

#[tokio::test]
async fn a_first_start_that_was_cut_short_is_begun_again() -> Result<()> {
    let scratch = Scratch::new()?;
    let partial = scratch.state.path().join("postgres/data.new.1/base");
    fs::create_dir_all(&partial)?;
    fs::write(partial.join("half"), "")?;
    let home = scratch.state.path().join("postgres");
    fs::set_permissions(&home, fs::Permissions::from_mode(0o777))?;
    let running = Running::start_on(scratch).await?;
    assert!(!partial.exists());
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn the_database_opens_again_when_its_passwords_were_lost() -> Result<()> {
    let running = Running::start().await?;
    running.execute("CREATE TABLE t AS SELECT 42 AS n").await?;
    let scratch = running.stop().await?;
    fs::remove_dir_all(scratch.state.path().join("secrets"))?;
    let state = StateFolder::open(scratch.state.path())?;
    let running = Running::start_on(Scratch { state, ..scratch }).await?;
    assert_eq!(running.ask("SELECT n FROM t").await?, "42");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_data_folder_of_a_version_that_is_not_installed_names_both() -> Result<()> {
    let scratch = Running::start().await?.stop().await?;
    fs::write(scratch.data().join("PG_VERSION"), "9\n")?;
    let lock = scratch.state.lock()?;
    let text = PrivateServer::start(&lock, &|_| {})
        .await
        .expect_err("another version")
        .to_string();
    for part in [
        "made by PostgreSQL 9",
        "spindrift backup",
        "spindrift restore",
        "apt-get install postgresql-9",
    ] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() -> Result<()> {
    let scratch = Running::start().await?.stop().await?;
    fs::write(
        scratch.data().join("postgresql.conf"),
        "no_such_setting = 1\n",
    )?;
    let lock = scratch.state.lock()?;
    let text = PrivateServer::start(&lock, &|_| {})
        .await
        .expect_err("a broken configuration")
        .to_string();
    assert!(
        text.contains("no_such_setting") && text.contains("postgres.log"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn a_state_folder_with_a_long_path_gets_its_socket_elsewhere() -> Result<()> {
    let folder = support::open_folder()?;
    let state = StateFolder::open(&folder.path().join("long".repeat(40)).join("state"))?;
    let lock = state.lock()?;
    let server = PrivateServer::start(&lock, &|_| {}).await?;
    let sockets = ask(&server.access().owner_url()?, "SELECT 1").await?;
    assert_eq!(sockets, "1");
    assert!(!state.path().join("postgres/run").exists());
    server.stop().await?;
    Ok(())
}

#[tokio::test]
async fn other_processes_reach_the_running_server_and_start_one_when_none_runs() -> Result<()> {
    let running = Running::start().await?;
    let state = &running.scratch.state;
    let reached = reach(state, &|_| {}).await?;
    assert!(matches!(reached, Reached::Running(_)));
    assert_eq!(ask(&reached.access().owner_url()?, "SELECT 1").await?, "1");
    reached.leave().await?;
    assert_eq!(running.ask("SELECT 1").await?, "1", "it goes on running");

    let scratch = running
        .stop()
        .await
        .map(|scratch| (scratch.state.clone(), scratch))?;
    assert!(Access::running(&scratch.0).is_none());
    let reached = reach(&scratch.0, &|_| {}).await?;
    assert!(matches!(reached, Reached::Started(..)));
    reached.leave().await?;
    wait_for("the pid file to go", || {
        !scratch.1.data().join("postmaster.pid").exists()
    })
    .await;
    Ok(())
}

#[tokio::test]
async fn the_server_never_runs_as_root() -> Result<()> {
    let running = Running::start().await?;
    let pid = server_pid(&running.scratch.data())?;
    let uid = fs::metadata(running.scratch.data())?.uid();
    assert_ne!(uid, 0);
    if let Ok(process) = fs::metadata(format!("/proc/{pid}")) {
        assert_eq!(process.uid(), uid);
    }
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn as_root_the_data_goes_elsewhere_when_the_state_folder_is_out_of_reach() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root runs the server as somebody else");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))?;
    let state = StateFolder::open(&folder.path().join("state"))?;
    let lock = state.lock()?;
    let server = PrivateServer::start(&lock, &|_| {}).await?;
    let elsewhere = fs::read_link(state.path().join("postgres"))?;
    assert!(
        elsewhere.starts_with("/var/lib/spindrift"),
        "{}",
        elsewhere.display()
    );
    server.stop().await?;

    // A copy would be a second server on the same data.
    let copy = folder.path().join("copy");
    fs::create_dir(&copy)?;
    std::os::unix::fs::symlink(&elsewhere, copy.join("postgres"))?;
    let copy = StateFolder::open(&copy)?;
    let text = PrivateServer::start(&copy.lock()?, &|_| {})
        .await
        .expect_err("a copy")
        .to_string();
    assert!(text.contains("is a copy of"), "{text}");

    let server = PrivateServer::start(&lock, &|_| {}).await?;
    server.stop().await?;
    fs::remove_dir_all(elsewhere)?;
    Ok(())
}
