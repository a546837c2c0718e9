//! The database does not answer, and does again.

use std::time::{Duration, Instant};

use serde_json::json;
use spindrift_tests::{Database, Start, until};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Result;

/// A way to a server that can be closed. Closed, it takes connections and ends
/// them at once, those that are there included.
pub(crate) struct Gate {
    pub(crate) host: String,
    pub(crate) open: watch::Sender<bool>,
}

impl Gate {
    pub(crate) async fn to(target: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let host = listener.local_addr()?.to_string();
        let (open, watched) = watch::channel(true);
        let target = target.to_owned();
        tokio::spawn(async move {
            while let Ok((mut inner, _)) = listener.accept().await {
                let (target, mut watched) = (target.clone(), watched.clone());
                tokio::spawn(async move {
                    if !*watched.borrow() {
                        return;
                    }
                    let Ok(mut outer) = TcpStream::connect(&target).await else {
                        return;
                    };
                    tokio::select! {
                        _ = copy_bidirectional(&mut inner, &mut outer) => {}
                        _ = watched.wait_for(|open| !open) => {}
                    }
                });
            }
        });
        Ok(Self { host, open })
    }

    fn through(&self, database: &Database) -> Database {
        let swap = |url: &str| url.replace(&database.host, &self.host);
        Database {
            host: self.host.clone(),
            app_url: swap(&database.app_url),
            worker_url: swap(&database.worker_url),
            ..database.clone()
        }
    }
}

#[tokio::test]
async fn without_a_database_every_answer_says_so_and_when_to_come_back() -> Result {
    let database = Database::new().await?;
    let gate = Gate::to(&database.host).await?;
    let running = Start::todo(&gate.through(&database)).await?.run().await?;
    let person = running.api.sign_up().await?;
    let login = json!({"email": person.email, "password": person.password()});
    let task = json!({"title": "x"});
    gate.open.send_replace(false);
    for _ in 0..2 {
        for call in [
            running.api.get("/health"),
            person.get("/api/tasks"),
            person.post("/api/tasks", &task),
            person.get("/api/auth/me"),
            running.api.post("/api/auth/login", &login),
        ] {
            let begun = Instant::now();
            let answer = call.send().await?;
            answer.problem(503, "unavailable");
            assert_eq!(answer.header("retry-after"), "1");
            insta::assert_json_snapshot!("database_away", answer.record());
            assert!(
                begun.elapsed() < Duration::from_secs(8),
                "{:?}",
                begun.elapsed()
            );
        }
    }
    // What needs no database goes on.
    running.api.get("/api/docs").send().await?.expect(200);
    person
        .post("/api/tasks", &json!({}))
        .send()
        .await?
        .problem(422, "invalid-fields");
    gate.open.send_replace(true);
    until("the database to be back", async || {
        let answer = running.api.get("/health").send().await.ok()?;
        (answer.status == 200).then_some(())
    })
    .await?;
    person.task(&task).await?;
    assert_eq!(database.count("SELECT count(*) FROM todo.tasks").await?, 1);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_process_is_ready_once_its_database_has_answered() -> Result {
    let database = Database::new().await?;
    let gate = Gate::to(&database.host).await?;
    gate.open.send_replace(false);
    let start = Start::serving_todo(&gate.through(&database)).await?;
    let running = start
        .args(&["--probes", "--component", "health"])
        .run()
        .await?;
    let admin = running.admin().await?;
    for ask in [admin.get("/readyz"), running.api.get("/_spindrift/readyz")] {
        let answer = ask.send().await?.expect(503);
        assert_eq!(answer.text(), "waiting for the database\n");
    }
    for ask in [admin.get("/livez"), running.api.get("/_spindrift/livez")] {
        assert_eq!(ask.send().await?.expect(200).text(), "alive\n");
    }
    // The reason is for the log, once.
    let reason = |record: &serde_json::Value| {
        record["message"] == "not ready: waiting for the database" && record["error"].is_string()
    };
    running.record("the reason", reason).await?;
    gate.open.send_replace(true);
    until("the process to be ready", async || {
        let answer = running.api.get("/_spindrift/readyz").send().await.ok()?;
        (answer.status == 200 && answer.text() == "ready\n").then_some(())
    })
    .await?;
    admin.get("/readyz").send().await?.expect(200);
    assert_eq!(running.records().iter().filter(|r| reason(r)).count(), 1);
    // From now on it answers by itself for a database that is away.
    gate.open.send_replace(false);
    let answer = running.api.get("/health").send().await?;
    answer.problem(503, "unavailable");
    admin.get("/readyz").send().await?.expect(200);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_whole_or_absent() -> Result {
    let database = Database::new().await?;
    let gate = Gate::to(&database.host).await?;
    let running = Start::todo(&gate.through(&database)).await?.run().await?;
    let person = running.api.sign_up().await?;
    let mut acknowledged = 0;
    for round in 0..10 {
        gate.open.send_replace(true);
        let writes = (0..8).map(|n| {
            let call = person.post("/api/tasks", &json!({"title": format!("{round}-{n}")}));
            call.send()
        });
        let cut = async {
            tokio::time::sleep(Duration::from_millis(3 * round)).await;
            gate.open.send_replace(false);
        };
        let (answers, ()) = tokio::join!(futures::future::join_all(writes), cut);
        for answer in answers {
            let status = answer?.status;
            assert!([201, 500, 503].contains(&status), "{status}");
            acknowledged += i64::from(status == 201);
        }
    }
    let tasks = database.count("SELECT count(*) FROM todo.tasks").await?;
    let events = "SELECT count(*) FROM spindrift.outbox WHERE topic = 'todo-events'";
    assert_eq!(database.count(events).await?, tasks);
    assert!(
        tasks >= acknowledged,
        "{acknowledged} were acknowledged, {tasks} are there"
    );
    running.stop().await?;
    Ok(())
}
