//! Ticks of components for Spin's cron plugin.

use std::time::Duration;

use anyhow::Context;
use chrono::Utc;
use spindrift_tests::{Database, Start, metrics, until, within, workspace};

use crate::Result;

/// Ticks of a job that ended so.
fn ended(job: &str, outcome: &str) -> String {
    format!(
        "SELECT count(*) FROM spindrift.cron_ticks WHERE name = '{job}' AND outcome = '{outcome}'"
    )
}

#[tokio::test]
async fn a_component_for_the_cron_plugin_of_spin_is_ticked() -> Result {
    let database = Database::new().await?;
    let running = Start::ticked(&database).await?.run().await?;
    let said = running
        .record("a tick", |record| {
            let message = record["message"].as_str().unwrap_or("");
            record["function"] == "ticked" && message.starts_with("ticked at ")
        })
        .await?;
    let at = said["message"]
        .as_str()
        .and_then(|said| said.rsplit(' ').next());
    let at: i64 = at.context("a time")?.parse()?;
    assert!((Utc::now().timestamp() - at).abs() < 60, "{said}");
    until("ticks that are done", async || {
        let done = database.count(&ended("ticked", "delivered")).await.ok()?;
        (done >= 2).then_some(())
    })
    .await?;
    assert_eq!(database.count(&ended("ticked", "failed")).await?, 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn its_error_is_logged_and_the_tick_tried_again_before_it_counts_as_failed() -> Result {
    let database = Database::new().await?;
    let running = Start::ticked(&database).await?.run().await?;
    let failed = |record: &serde_json::Value| {
        record["function"] == "failing" && record["error"] == "as asked"
    };
    running.record("the component's error", failed).await?;
    within(
        Duration::from_secs(20),
        "the tick to be given up",
        async || {
            let failed = database.count(&ended("failing", "failed")).await.ok()?;
            (failed > 0).then_some(())
        },
    )
    .await?;
    let attempts = running.records().into_iter().filter(failed).count();
    assert!(attempts >= 4, "{attempts} attempts");
    assert_eq!(database.count(&ended("failing", "delivered")).await?, 0);
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_component_of_wasi_0_2_is_ticked_by_a_request() -> Result {
    let manifest = workspace().join("tests/guests/older/spin.toml");
    let running = Start::up(&manifest).await?.run().await?;
    // It has nothing to try at `/`, and says so.
    let answered = |record: &serde_json::Value| {
        record["function"] == "older" && record["message"] == "event" && record["status"] == 400
    };
    running.record("its answer", answered).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_job_is_ticked_without_a_database() -> Result {
    let manifest = workspace().join("tests/guests/alone/spin.toml");
    let running = Start::up(&manifest).await?.run().await?;
    let admin = running.admin().await?;
    until("ticks that are done", async || {
        let labels = ["ticked", "delivered"];
        let done = metrics::sum(&admin, "spindrift_cron_ticks_total", &labels).await;
        (done.ok()? >= 2.0).then_some(())
    })
    .await?;
    assert!(!running.state().join("postgres").exists());
    running.stop().await?;
    Ok(())
}
