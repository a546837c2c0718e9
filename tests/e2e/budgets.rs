//! How long a start takes, and how much memory serving does. The bars are three
//! times what is promised: tests share their machine. The figures are printed.

use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::json;
use spindrift_tests::{Database, Running, Start, metrics, until, workspace};

use crate::Result;

/// From the start of the process to the first 200 of `/health`.
async fn first_answer(running: &Running) -> Result<Duration> {
    running.api.get("/health").send().await?.expect(200);
    Ok(running.started.elapsed())
}

#[expect(clippy::print_stderr, reason = "figures are for whoever runs this")]
fn report(what: &str, figure: &str) {
    eprintln!("{what}: {figure}");
}

/// The fastest of a few: what else the machine does is not the program's doing.
async fn fastest(mut start: Start) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let running = start.run().await?;
        best = best.min(first_answer(&running).await?);
        start = running.stop().await?;
    }
    Ok(best)
}

#[tokio::test]
async fn a_warm_start_with_a_database_of_its_own_takes_less_than_a_second() -> Result {
    let start = Start::private_todo().await?.run().await?.stop().await?;
    let took = fastest(start).await?;
    report(
        "process start to first 200, private PostgreSQL",
        &format!("{took:?}"),
    );
    assert!(took < Duration::from_secs(3), "{took:?}");
    Ok(())
}

#[tokio::test]
async fn a_warm_start_on_a_database_that_runs_takes_less_than_a_tenth() -> Result {
    let database = Database::new().await?;
    let start = Start::private_todo()
        .await?
        .env("DATABASE_URL", &database.superuser_url);
    let took = fastest(start).await?;
    report(
        "process start to first 200, DATABASE_URL",
        &format!("{took:?}"),
    );
    assert!(took < Duration::from_millis(300), "{took:?}");
    Ok(())
}

#[tokio::test]
async fn memory_stays_small_after_ten_thousand_requests_and_a_hundred_logins() -> Result {
    let database = Database::new().await?;
    let running = Start::todo(&database).await?.run().await?;
    let person = running.api.sign_up().await?;
    let begun = Instant::now();
    let login = json!({"email": person.email, "password": person.password()});
    let logins = async {
        for _ in 0..100 {
            running
                .api
                .post("/api/auth/login", &login)
                .send()
                .await?
                .expect(200);
        }
        anyhow::Ok(())
    };
    let others = async |number: usize| {
        for n in 0..620 {
            match n % 10 {
                0 => drop(
                    person
                        .task(&json!({"title": format!("{number} {n}")}))
                        .await?,
                ),
                1..4 => drop(person.tasks("?page_size=5").await?),
                4 => drop(
                    running
                        .api
                        .get("/api/openapi.json")
                        .send()
                        .await?
                        .expect(200),
                ),
                _ => drop(running.api.get("/health").send().await?.expect(200)),
            }
        }
        anyhow::Ok(())
    };
    let all = futures::future::try_join_all((0..16).map(others));
    tokio::try_join!(logins, all)?;
    let pid = running.pid()?;
    let at_once = metrics::resident_mib(pid)?;
    let took = begun.elapsed();
    // On a crowded machine many requests are under way at once, each in an instance of
    // its own, and the last login's is as large as its hash. Those that have nothing to do
    // for ten seconds are given back.
    let admin = running.admin().await?;
    until("instances that have nothing to do to end", async || {
        let instances = metrics::sum(&admin, "spindrift_function_instances", &[]).await;
        (instances.ok()? == 0.0).then_some(())
    })
    .await?;
    let resident = until("resident memory below 60 MiB", async || {
        let resident = metrics::resident_mib(pid).ok()?;
        (resident < 60.0).then_some(resident)
    })
    .await
    .with_context(|| format!("{at_once:.1} MiB at once"))?;
    report(
        "resident after 10,020 requests",
        &format!("{resident:.1} MiB ({at_once:.1} MiB at once, {took:?})"),
    );
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_start_that_compiles_holds_as_little_as_one_that_does_not() -> Result {
    let hello = workspace().join("examples/hello/spin.toml");
    let warm = Start::up(&hello).await?.run().await?;
    let cold = Start::up(&hello).await?;
    std::fs::remove_dir_all(cold.state().join("compiled"))?;
    let cold = cold.run().await?;
    let least = metrics::anonymous_mib(warm.pid()?)?;
    let pid = cold.pid()?;
    // The compiler's threads are still ending.
    let held = until("what the compiler had to be given back", async || {
        let held = metrics::anonymous_mib(pid).ok()?;
        (held < least + 4.0).then_some(held)
    })
    .await?;
    report(
        "anonymous memory after compiling",
        &format!("{held:.1} MiB ({least:.1} MiB without)"),
    );
    warm.stop().await?;
    cold.stop().await?;
    Ok(())
}
