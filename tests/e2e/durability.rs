//! What was acknowledged survives whatever is killed.

use std::time::Duration;

use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde_json::{Value, json};
use spindrift_tests::{Api, Running, Start, tokens, until, within};

use crate::Result;

/// The process id of the private server.
fn server_pid(running: &Running) -> Result<Pid> {
    let file = running.state().join("postgres/data/postmaster.pid");
    let text = std::fs::read_to_string(&file).with_context(|| format!("{}", file.display()))?;
    let pid = text
        .lines()
        .next()
        .context("an empty pid file")?
        .trim()
        .parse()?;
    Pid::from_raw(pid).context("no process has the id 0")
}

async fn ends(pid: Pid) -> Result {
    until("the database to end", async || {
        test_kill_process(pid).is_err().then_some(())
    })
    .await
}

/// Writes tasks until `stop` is done, and answers those that were acknowledged.
async fn write_until(person: &Api, stop: impl Future<Output = Result>) -> Result<Vec<Value>> {
    let mut acknowledged = Vec::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let task = json!({"title": format!("{}", acknowledged.len())});
        tokio::select! {
            biased;
            answer = person.post("/api/tasks", &task).send() => match answer {
                Ok(answer) if answer.status == 201 => acknowledged.push(answer.json()),
                // Killed in the middle of it.
                _ => break,
            },
            done = &mut stop => { done?; break }
        }
    }
    Ok(acknowledged)
}

async fn all_there(api: &Api, person: &Api, acknowledged: &[Value]) -> Result {
    let person = api.with_token(person.token.as_deref().unwrap_or(""));
    for task in acknowledged {
        let path = format!("/api/tasks/{}", task["id"].as_str().unwrap_or(""));
        let found = person.get(&path).send().await?.expect(200).json();
        assert_eq!(found["title"], task["title"]);
    }
    Ok(())
}

#[tokio::test]
async fn a_killed_program_loses_nothing_and_the_next_start_recovers() -> Result {
    let running = Start::private_todo().await?.run().await?;
    let person = running.api.sign_up().await?;
    let acknowledged = write_until(&person, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        running.signal(Signal::KILL)
    })
    .await?;
    assert!(!acknowledged.is_empty());
    let (_, start) = running.ended().await?;
    // At once: the database may not have ended yet.
    let running = start.run().await?;
    all_there(&running.api, &person, &acknowledged).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_killed_database_is_started_again_under_the_running_program() -> Result {
    let running = Start::private_todo().await?.run().await?;
    let person = running.api.sign_up().await?;
    let acknowledged = write_until(&person, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(kill_process(server_pid(&running)?, Signal::KILL)?)
    })
    .await?;
    assert!(!acknowledged.is_empty());
    // Sessions of the killed server answer for a moment longer.
    running
        .record("the new start", |record| {
            record["message"] == "the private PostgreSQL runs again"
        })
        .await?;
    within(
        Duration::from_secs(30),
        "the database to be back",
        async || {
            let answer = running.api.get("/health").send().await.ok()?;
            (answer.status == 200).then_some(())
        },
    )
    .await?;
    all_there(&running.api, &person, &acknowledged).await?;
    person.task(&json!({"title": "after"})).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn both_killed_lose_nothing() -> Result {
    let running = Start::private_todo().await?.run().await?;
    let person = running.api.sign_up().await?;
    let server = server_pid(&running)?;
    let acknowledged = write_until(&person, async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        running.signal(Signal::KILL)?;
        // It may be ending already.
        _ = kill_process(server, Signal::KILL);
        Ok(())
    })
    .await?;
    let (_, start) = running.ended().await?;
    ends(server).await?;
    let running = start.run().await?;
    all_there(&running.api, &person, &acknowledged).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_crash_s_leftovers_do_not_keep_the_next_start_from_it() -> Result {
    let running = Start::private_todo().await?.run().await?;
    let person = running.api.sign_up().await?;
    let task = person.task(&json!({"title": "kept"})).await?;
    let server = server_pid(&running)?;
    let state = running.state();
    let pid_file = state.join("postgres/data/postmaster.pid");
    let left = std::fs::read_to_string(&pid_file)?;
    let start = running.kill().await?;
    ends(server).await?;
    // As after a power cut: the file names a process that is somebody else's by now.
    let other = left.replacen(
        &server.as_raw_nonzero().to_string(),
        &std::process::id().to_string(),
        1,
    );
    std::fs::write(&pid_file, other)?;
    let running = start.run().await?;
    all_there(&running.api, &person, &[task]).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_clean_stop_leaves_no_process_and_no_pid_file() -> Result {
    let running = Start::private_todo().await?.run().await?;
    let server = server_pid(&running)?;
    let state = running.state();
    let _start = running.stop().await?;
    assert!(
        test_kill_process(server).is_err(),
        "the database still runs"
    );
    assert!(!state.join("postgres/data/postmaster.pid").exists());
    Ok(())
}

#[tokio::test]
async fn sign_ins_and_made_up_keys_outlive_a_restart() -> Result {
    // Without a key of the tests' own: the program makes one, and keeps it.
    let start = Start::up(&spindrift_tests::workspace().join("spin.toml")).await?;
    let running = start.run().await?;
    let person = running.api.sign_up().await?;
    let running = running.stop().await?.run().await?;
    let again = running
        .api
        .with_token(person.token.as_deref().unwrap_or(""));
    again.get("/api/auth/me").send().await?.expect(200);
    // Somebody who knows the tests' key cannot sign for this program.
    let claims = tokens::claims(person.token.as_deref().unwrap_or(""));
    let forged = running.api.with_token(&tokens::sign(&claims));
    forged
        .get("/api/auth/me")
        .send()
        .await?
        .problem(401, "not-signed-in");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_stop_lets_a_slow_request_end() -> Result {
    for signal in [Signal::TERM, Signal::INT] {
        let running = Start::guests().await?.run().await?;
        let admin = running.admin().await?;
        let slow = tokio::spawn(running.api.get("/neighbour/sleep?n=1500").send());
        until("the request to run", async || {
            let sum =
                spindrift_tests::metrics::sum(&admin, "spindrift_function_running", &["neighbour"])
                    .await
                    .ok()?;
            (sum == 1.0).then_some(())
        })
        .await?;
        running.signal(signal)?;
        until("the process to say that it stops", async || {
            let answer = admin.get("/readyz").send().await.ok()?;
            (answer.status == 503).then_some(())
        })
        .await?;
        assert_eq!(admin.get("/livez").send().await?.status, 200);
        assert!(
            running
                .api
                .nobody()
                .get("/neighbour/hello")
                .send()
                .await
                .is_err(),
            "a new connection was taken"
        );
        assert_eq!(slow.await??.expect(200).text(), "slept");
        let (status, _start) = running.ended().await?;
        assert!(status.success(), "{status}");
    }
    Ok(())
}

#[tokio::test]
async fn a_second_signal_stops_at_once() -> Result {
    let running = Start::guests().await?.run().await?;
    let admin = running.admin().await?;
    let slow = tokio::spawn(running.api.get("/neighbour/sleep?n=20000").send());
    until("the request to run", async || {
        let sum =
            spindrift_tests::metrics::sum(&admin, "spindrift_function_running", &["neighbour"])
                .await
                .ok()?;
        (sum == 1.0).then_some(())
    })
    .await?;
    running.signal(Signal::INT)?;
    running
        .record("the first signal", |record| {
            record["message"]
                .as_str()
                .is_some_and(|text| text.starts_with("stopping"))
        })
        .await?;
    running.signal(Signal::INT)?;
    let (status, _start) = running.ended().await?;
    assert_eq!(status.code(), Some(130));
    assert!(slow.await?.is_err());
    Ok(())
}
