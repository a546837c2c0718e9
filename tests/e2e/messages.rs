//! Messages of Redis, and the components that they call.

use spindrift_tests::{Api, Redis, Running, Start, metrics, until, workspace};

use crate::Result;

async fn listening(redis: &Redis) -> Result<Running> {
    let manifest = workspace().join("tests/guests/told/spin.toml");
    let start = Start::up(&manifest).await?;
    let running = start.variable("redis_address", &redis.url()).run().await?;
    for function in ["told", "greeted"] {
        let begun = |record: &serde_json::Value| {
            record["message"] == "listening" && record["function"] == function
        };
        running.record("the subscription", begun).await?;
    }
    Ok(running)
}

/// Waits for what a component prints.
async fn printed(running: &Running, text: &str) -> Result {
    let said = |record: &serde_json::Value| record["message"] == text;
    running.record(text, said).await?;
    Ok(())
}

/// Waits until so many of a function's messages ended so.
async fn ended(admin: &Api, function: &str, outcome: &str, wanted: f64) -> Result {
    let labels = [
        format!("function=\"{function}\""),
        format!("outcome=\"{outcome}\""),
    ];
    let labels = [labels[0].as_str(), labels[1].as_str()];
    until("messages to be counted", async || {
        let count = metrics::sum(admin, "spindrift_redis_messages_total", &labels).await;
        (count.ok()? == wanted).then_some(())
    })
    .await
}

#[tokio::test]
async fn a_message_calls_its_component_with_its_bytes_and_in_its_order() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = listening(&redis).await?;
    for message in ["a", "", "ü"] {
        assert_eq!(redis.publish("told", message).await?, 1);
    }
    redis.publish("another channel", "b").await?;
    for text in ["told [97]", "told []", "told [195, 188]"] {
        printed(&running, text).await?;
    }
    let records = running.records();
    let told = records.iter().filter_map(|record| {
        let message = record["message"].as_str()?;
        message.strip_prefix("told ")
    });
    let told: Vec<&str> = told.collect();
    assert_eq!(told, ["[97]", "[]", "[195, 188]"]);
    let admin = running.admin().await?;
    ended(&admin, "told", "delivered", 3.0).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_component_with_an_http_handler_is_given_messages_as_events() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = listening(&redis).await?;
    redis.publish("greeted", "hello").await?;
    let called = |record: &serde_json::Value| {
        record["event_type"] == "redis.message" && record["function"] == "greeted"
    };
    let event = running.record("the call", called).await?;
    assert_eq!(event["status"], 200, "{event}");
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_message_that_fails_is_logged_and_counted_and_does_not_come_again() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let redis = Redis::start().await?;
    let running = listening(&redis).await?;
    redis.publish("told", "fail").await?;
    let failed = |record: &serde_json::Value| record["message"] == "a message failed";
    let record = running.record("the failure", failed).await?;
    assert_eq!(record["function"], "told", "{record}");
    assert_eq!(record["channel"], "told", "{record}");
    redis.publish("told", "b").await?;
    printed(&running, "told [98]").await?;
    let admin = running.admin().await?;
    ended(&admin, "told", "delivered", 1.0).await?;
    ended(&admin, "told", "failed", 1.0).await?;
    running.stop().await?;
    Ok(())
}

#[tokio::test]
async fn a_server_that_comes_back_is_listened_to_again() -> Result {
    if Redis::skipped() {
        return Ok(());
    }
    let mut redis = Redis::start().await?;
    let running = listening(&redis).await?;
    redis.kill();
    let lost = |record: &serde_json::Value| {
        let message = record["message"].as_str().unwrap_or_default();
        message.starts_with("the channel is not listened to")
    };
    running.record("the loss", lost).await?;
    redis.resume().await?;
    until("a listener", async || {
        let listeners = redis.publish("told", "c").await.ok()?;
        (listeners > 0).then_some(())
    })
    .await?;
    printed(&running, "told [99]").await?;
    running.stop().await?;
    Ok(())
}
